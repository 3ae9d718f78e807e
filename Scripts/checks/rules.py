"""Every rule by name: a function from the tree's root to its findings (path, line, message)."""

import re
import subprocess

from . import functions, hostile, house, manifest, tree


def target_of(source):
    return source.path.split("/")[1]


def find(sources, patterns):
    return [
        (source.path, line, message)
        for source in sources
        for pattern, message in patterns
        for _, line in source.matches(pattern)
    ]


def format_(root):
    paths = [name for name in ["Sources", "Tests", "Package.swift"] if (root / name).exists()]
    command = ["swift", "format", "lint", "--strict", "--parallel", "-r", *paths]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    lines = (result.stdout + result.stderr).splitlines()
    found = [re.match(r"(.+?):(\d+):\d+: (?:error|warning): (.*)", line) for line in lines]
    findings = [(relative(root, m[1]), int(m[2]), m[3]) for m in found if m]
    if result.returncode != 0 and not findings:
        findings.append(("swift format", 0, " ".join(lines)[:400]))
    return findings


def relative(root, path):
    return path.removeprefix(str(root) + "/")


IMPORT = re.compile(
    r"^[ \t]*((?:@\w+(?:\([^)]*\))?[ \t]+)*)(?:(\w+)[ \t]+)?import[ \t]+"
    r"(?:(?:struct|class|enum|protocol|func|var|let|typealias|actor)[ \t]+)?(\w+)",
    re.MULTILINE,
)


def imports(root):
    findings = []
    for source in tree.swift_files(root, "Sources"):
        target = target_of(source)
        allowed = house.IMPORTS.get(target)
        if allowed is None:
            findings.append((source.path, 1, f"{target} is not in the table of who imports whom"))
            continue
        for match in IMPORT.finditer(source.code):
            attributes, module = match[1], match[3]
            line = source.line(match.start(3))
            if module not in allowed:
                findings.append((source.path, line, f"{target} may not import {module}"))
            if "@_exported" in attributes and (target, module) not in house.EXPORTS:
                findings.append((source.path, line, f"{target} may not export {module}"))
            if "@_implementationOnly" in attributes or "@testable" in attributes:
                findings.append((source.path, line, f"{attributes.strip()} has no place in Sources"))
    return findings


def nio(root):
    names = r"\b(?:NIO(?!Core\b|Posix\b)[A-Z]\w*|EventLoop\w*|Channel(?:Handler|Pipeline|Option)\w*|SocketAddress)\b"
    left = [s for s in tree.swift_files(root, "Sources") if target_of(s) in house.LEFT_OF_FAIRLEAD]
    return find(left, [(names, "left of Fairlead only ByteBuffer is used of SwiftNIO")])


def foundation(root):
    findings = []
    for source in tree.swift_files(root, "Sources"):
        for match, line in source.matches(r"\bFoundation\w*"):
            if match.group() != "FoundationEssentials" or target_of(source) != "FairleadCommand":
                findings.append((source.path, line, f"{match.group()} has no place here"))
    return findings


def access(root):
    closed = [s for s in tree.swift_files(root, "Sources") if target_of(s) not in house.PUBLIC]
    return find(closed, [(r"\b(?:public|open)[ \t]+(?!import\b)\w", "package is the widest access here")]) + find(
        tree.swift_files(root, "Sources"), [(r"@inlinable\b|@usableFromInline\b", "no inlinable code")]
    )


TRAPS = [
    (r"\btry!", "try! traps"),
    (r"\bas!", "as! traps"),
    (r"[\w)\]}>?]!(?!=)(?<!try!)(?<!as!)", "a force unwrap traps"),
    (r"\b(?:fatalError|preconditionFailure|assertionFailure)\b", "nothing traps in Sources"),
    (r"\bassert\s*\(", "nothing traps in Sources"),
    (r"@unchecked\b", "no @unchecked Sendable"),
    (r"\bnonisolated\s*\(\s*unsafe\s*\)", "no nonisolated(unsafe)"),
    (r"\bunowned\s*\(\s*unsafe\s*\)", "no unowned(unsafe)"),
    (r"\bunsafeBitCast\b|\bunsafeDowncast\b", "no casts behind the compiler's back"),
    (r"\bDictionary\s*(?:<[^>]*>)?\s*\(\s*uniqueKeysWithValues\b", "traps on a double key"),
]


def traps(root):
    sources = tree.swift_files(root, "Sources")
    findings = find(sources, TRAPS)
    for source in sources:
        lines = [line for _, line in source.matches(r"\bprecondition\s*\(")]
        allowed = house.PRECONDITIONS.get(source.path, 0)
        findings += [(source.path, line, "precondition outside the table of public doors") for line in lines[allowed:]]
    unchecked = "-O" + "unchecked"
    for path, text in tree.text_files(root):
        for number, line in enumerate(text.splitlines(), 1):
            if unchecked in line:
                findings.append((path, number, f"no {unchecked}"))
    return findings


def allocation(root):
    findings = []
    for source in tree.swift_files(root, "Sources"):
        if target_of(source) in house.LEFT_OF_FAIRLEAD:
            found = find([source], [(r"\breserveCapacity\s*\(", "nothing is allocated by a count left of Fairlead")])
            findings += found[house.ALLOCATIONS.get(source.path, 0) :]
    return findings


def concurrency(root):
    patterns = [
        (r"\bAsync(?:Throwing)?Stream\b", "an unbounded stream"),
        (r"(?<![.\w])Task\s*(?:<[^>]*>)?\s*(?:\([^)]*\)\s*)?\{", "an unstructured task"),
        (r"(?<![.\w])Task\s*\.\s*(?:detached|immediate\w*)\b", "an unstructured task"),
    ]
    return find(tree.swift_files(root, "Sources"), patterns)


def world(root):
    patterns = [
        (r"\b(?:async|await|actor)\b", "left of Fairlead nothing waits"),
        (r"\b(?:ContinuousClock|SuspendingClock)\b", "time comes in as an argument"),
        (r"\bSystemRandomNumberGenerator\b|(?<=\.)random\s*\(in:|\bshuffled\(\)", "randomness comes in as an argument"),
        (r"(?<![.\w])(?:print|debugPrint|readLine|exit|abort)\s*\(", "left of Fairlead nothing speaks or ends the process"),
    ]
    left = [s for s in tree.swift_files(root, "Sources") if target_of(s) in house.LEFT_OF_FAIRLEAD]
    return find(left, patterns)


def unsafe(root):
    findings = []
    for source in tree.swift_files(root, "Sources"):
        if any(matches_path(source.path, pattern) for pattern in house.UNSAFE):
            continue
        lines = source.code_lines
        numbers = sorted({line for _, line in source.matches(r"(?<![\w.])(?:@?unsafe|@safe)\b(?!\s*\))")})
        if source.path == house.UNSAFE_EXECUTOR:
            near = [n for n in numbers if any("unownedExecutor" in text for text in lines[max(0, n - 4) : n])]
            numbers = [n for n in numbers if n not in near[:1]]
        findings += [(source.path, number, "unsafe code has no place here") for number in numbers]
    return findings


def matches_path(path, pattern):
    expression = re.escape(pattern).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return re.fullmatch(expression, path) is not None


def file_size(root):
    findings = []
    for place, limit in [("Sources", house.FILE_LINES), ("Tests", house.TEST_FILE_LINES)]:
        for source in tree.swift_files(root, place):
            count = len(source.text.splitlines())
            if count > limit and source.path not in house.TABLES:
                findings.append((source.path, count, f"{count} lines; {limit} at most"))
    return findings


def size(root):
    """What a person reads who reads all of it: lines of code, without blanks and comments. Named is the longest file."""
    counts = {
        source.path: sum(
            bool(code.strip() or literal.strip())
            for code, literal in zip(source.code_lines, source.literals.split("\n"))
        )
        for source in tree.swift_files(root, "Sources")
    }
    total = sum(counts.values())
    if total < house.LINES:
        return []
    return [(max(counts, key=counts.get), 0, f"{total} lines of code in all; it stays under {house.LINES}")]


def function_size(root):
    return [f for source in tree.swift_files(root, "Sources") for f in functions.oversized(source)]


def scan_text(root, patterns):
    return [
        (path, number, message)
        for path, text in tree.text_files(root)
        for number, line in enumerate(text.splitlines(), 1)
        for pattern, message in patterns
        if re.search(pattern, line)
    ]


def leftovers(root):
    words = "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"])
    return scan_text(root, [(rf"\b(?:{words})\b", "something left for later")])


def machine_paths(root):
    places = r"(?<![\w.])/(?:work|root|farm)/|/tmp/[b]ash_jobs"
    return scan_text(root, [(places, "a path of one machine")])


def tests_on(root):
    patterns = [
        (r"\.disabled\s*\(", "a test that is switched off"),
        (r"\bwithKnownIssue\b|\bXCTSkip\w*", "a test that may fail"),
        (r"\bimport[ \t]+XCTest\b", "Swift Testing only"),
    ]
    return find(tree.swift_files(root, "Tests"), patterns)


RULES = {
    "format": format_,
    "imports": imports,
    "nio": nio,
    "foundation": foundation,
    "access": access,
    "traps": traps,
    "allocation": allocation,
    "concurrency": concurrency,
    "world": world,
    "unsafe": unsafe,
    "file-size": file_size,
    "size": size,
    "function-size": function_size,
    "leftovers": leftovers,
    "machine-paths": machine_paths,
    "tests-on": tests_on,
    "hostile-rows": hostile.check,
    "manifest": manifest.check,
}
