"""The check's own test: a clean tree passes, and each planted violation is found by its rule at its place."""

import pathlib
import subprocess
import sys
import tempfile

from . import house

MANIFEST = """// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    %s,
]
let testSettings: [SwiftSetting] = [
    %s,
]

let package = Package(
    name: "Clean",
    targets: [
        .systemLibrary(name: "CZlib"),
        .target(name: "SSHWire", swiftSettings: settings),
        .testTarget(name: "SSHWireTests", dependencies: ["SSHWire"], swiftSettings: testSettings),
    ]
)
"""

# What the rules look for, where it does no harm: in comments, literals and interpolations.
CLEAN_SOURCE = '''package import NIOCore

/// Nothing here is `try!`, `as!`, `fatalError`, an AsyncStream, unsafe or `import Foundation`.
package struct Clean {
    /* Task { nested /* as! */ unsafe } */
    package let text = "try! fatalError() unsafe \\(1 + 1) Task { x! } \\"quoted\\" as! public let"
    package let raw = #"x! "as!" \\#(2 != 1)"#
    package let block = """
        precondition(false) "quoted" reserveCapacity(1) @unchecked
        """
    package var isEmpty: Bool { !text.isEmpty && text != raw }

    package func five(
        one: Int, two: [Int: Int], three: (Int, Int), four: (Int, Int) -> Int, five: Result<Int, Never>
    ) throws -> Int where Int: Sendable {
        one
    }
}
'''

CLEAN_TEST = '''import Testing

@Suite struct CleanTests {
    @Test("ID-01: a line is taken") func line() {
        #expect(1 + 1 == 2)
    }
}
'''

WIRE = "Sources/SSHWire/Bad.swift"
CORE = "Sources/SSHCore/Bad.swift"
FAIRLEAD = "Sources/Fairlead/Bad.swift"
TESTS = "Tests/SSHWireTests/BadTests.swift"
ROWS = "Tests/Support/hostile-rows.txt"
WAITING = "Tests/Support/hostile-waiting.txt"


def body(line):
    return f"func bad() {{\n    {line}\n}}\n"


def manifest(change=lambda text: text):
    clean = MANIFEST % (",\n    ".join(house.SETTINGS), ",\n    ".join(house.TEST_SETTINGS))
    return change(clean)


def replaced(old, new):
    return manifest(lambda text: text.replace(old, new))


LONG = "func long() {\n" + "    print()\n" * 41 + "}\n"
MANY = "func many(\n    a: Int, b: Int, c: Int,\n    d: Int, e: [Int: Int], f: Int\n) {}\n"
EXECUTOR = "var unownedExecutor: E {\n    // The loop outlives it.\n    unsafe x()\n}\n"
NAMES = ["a", "b", "c", "d", "e", "f"]
MEMBERWISE = "struct S {\n    init(%s) {\n%s    }\n}\n" % (
    ", ".join(f"{name}: Int" for name in NAMES),
    "".join(f"        self.{name} = {name}\n" for name in NAMES),
)

# (rule, file, content, line at which it must be found)
VIOLATIONS = [
    ("format", WIRE, "func bad()   {\n}\n", 1),
    ("format", WIRE, "let bad = Int(\"1\")!\n", 1),
    ("imports", WIRE, "\nimport SSHCrypto\n", 2),
    ("imports", WIRE, "package import NIOPosix\n", 1),
    ("imports", WIRE, "import struct NIOHTTP1.Head\n", 1),
    ("imports", WIRE, "import CSodium\n", 1),
    ("imports", WIRE, "@preconcurrency import Glibc\n", 1),
    ("imports", CORE, "internal import Fairlead\n", 1),
    ("imports", CORE, "@_exported import SSHWire\n", 1),
    ("imports", "Sources/SSHConfig/Bad.swift", "import NIOCore\n", 1),
    ("imports", "Sources/FairleadCommand/Bad.swift", "import SSHCore\n", 1),
    ("imports", FAIRLEAD, "import CLibcrypto\n", 1),
    ("imports", "Sources/Elsewhere/New.swift", "let new = 1\n", 1),
    ("nio", WIRE, body("let loop: any EventLoop"), 2),
    ("nio", CORE, body("let lock = NIOLock()"), 2),
    ("foundation", FAIRLEAD, "import Foundation\n", 1),
    ("foundation", FAIRLEAD, "import FoundationEssentials\n", 1),
    ("access", WIRE, "public struct Bad {}\n", 1),
    ("access", FAIRLEAD, "@inlinable func bad() {}\n", 1),
    ("traps", WIRE, body("let x = try! bad()"), 2),
    ("traps", WIRE, body("let x = y as! Int"), 2),
    ("traps", WIRE, body("let x = y!"), 2),
    ("traps", WIRE, body("let x = y[0]!.z"), 2),
    ("traps", WIRE, body('let x = "\\(y!)"'), 2),
    ("traps", WIRE, "var x: Int!\n", 1),
    ("traps", WIRE, body("fatalError()"), 2),
    ("traps", WIRE, body("preconditionFailure()"), 2),
    ("traps", WIRE, body("assertionFailure()"), 2),
    ("traps", WIRE, body("assert(true)"), 2),
    ("traps", WIRE, body("precondition(true)"), 2),
    ("traps", WIRE, "final class Bad: @unchecked Sendable {}\n", 1),
    ("traps", WIRE, "nonisolated(unsafe) var bad = 1\n", 1),
    ("traps", WIRE, body("unowned(unsafe) let x = y"), 2),
    ("traps", WIRE, body("_ = Dictionary(uniqueKeysWithValues: x)"), 2),
    ("traps", WIRE, body("_ = Dictionary<Int, Int>(uniqueKeysWithValues: x)"), 2),
    ("traps", "Scripts/bad", "swift build -Xswiftc -O" + "unchecked\n", 1),
    ("allocation", CORE, body("x.reserveCapacity(count)"), 2),
    ("concurrency", FAIRLEAD, body("Task { x() }"), 2),
    ("concurrency", FAIRLEAD, body("Task(priority: .high) { x() }"), 2),
    ("concurrency", FAIRLEAD, body("Task<Void, Never> { x() }"), 2),
    ("concurrency", FAIRLEAD, body("Task.detached { x() }"), 2),
    ("concurrency", FAIRLEAD, body("let x = AsyncStream<Int>.makeStream()"), 2),
    ("concurrency", FAIRLEAD, body("let x: AsyncThrowingStream<Int, any Error>"), 2),
    ("world", CORE, "func bad() async {}\n", 1),
    ("world", CORE, body("let now = ContinuousClock.now"), 2),
    ("world", CORE, body("let x = Int.random(in: 0..<9)"), 2),
    ("world", WIRE, body("print(x)"), 2),
    ("unsafe", WIRE, body("unsafe x()"), 2),
    ("unsafe", "Sources/Fairlead/SSHConnection.swift", body("unsafe x()"), 2),
    ("unsafe", "Sources/Fairlead/SSHConnection.swift", EXECUTOR + body("unsafe x()"), 6),
    ("unsafe", FAIRLEAD, "@safe struct Bad {}\n", 1),
    ("file-size", WIRE, "\n" * 301, 301),
    ("file-size", TESTS, "\n" * 401, 401),
    ("size", WIRE, "let x = 1\n" * (house.LINES + 1), 0),
    ("function-size", WIRE, LONG, 1),
    ("function-size", WIRE, "struct S {\n    init() throws(E)\n" + LONG[len("func long() "):] + "}\n", 2),
    ("function-size", WIRE, LONG.replace("func long()", "var long: Int"), 1),
    ("function-size", WIRE, MANY, 1),
    ("function-size", WIRE, MEMBERWISE.replace("self.f = f", "self.f = f + 1"), 2),
    ("leftovers", "Docs/Bad.md", "\nTO" + "DO: later\n", 2),
    ("leftovers", WIRE, "// FIX" + "ME\n", 1),
    ("machine-paths", "Docs/Bad.md", "See /wo" + "rk/main.\n", 1),
    ("machine-paths", TESTS, 'let path = "/ro' + 'ot/.ssh"\n', 1),
    ("tests-on", TESTS, 'import Testing\n@Test("x", .dis' + "abled()) func bad() {}\n", 2),
    ("tests-on", TESTS, "import XC" + "Test\n", 1),
    ("hostile-rows", ROWS, "ID-01 A line is taken.\nID-02 No test and no reason.\n", 2),
    ("hostile-rows", ROWS, "ID-01 A line is taken.\nID-01 A line is taken.\n", 2),
    ("hostile-rows", WAITING, "ID-01 waits although a test names it\n", 1),
    ("hostile-rows", WAITING, "PK-77 is no row\n", 1),
    ("hostile-rows", WAITING, "ID-01\n", 1),
    ("hostile-rows", TESTS, 'let row = "KX-99"\n', 1),
    ("manifest", "Package.swift", replaced("swiftSettings: settings", "swiftSettings: []"), 0),
    ("manifest", "Package.swift", replaced("swiftSettings: settings", "swiftSettings: testSettings"), 0),
    ("manifest", "Package.swift", replaced(".treatAllWarnings(as: .error)", "// .treatAllWarnings(as: .error)"), 0),
    ("manifest", "Package.swift", replaced(".strictMemorySafety(),", ""), 4),
    ("manifest", "Package.swift", replaced('"ExistentialAny"', '"SomethingElse"'), 4),
]

# What a rule must let pass where it stands: (rule, file, content).
ALLOWED = [
    ("unsafe", "Sources/SSHCrypto/Fine.swift", body("unsafe x()")),
    ("unsafe", "Sources/Fairlead/Driver/PlatformFiles.swift", body("unsafe x()")),
    ("unsafe", "Sources/Fairlead/SSHConnection.swift", EXECUTOR),
    ("imports", "Sources/Fairlead/Exports.swift", "@_exported public import SSHIdentity\n"),
    ("imports", "Sources/FairleadCommand/Fine.swift", "import FoundationEssentials\n\n#if canImport(Darwin)\n#endif\n"),
    ("access", "Sources/SSHIdentity/Fine.swift", "public struct Fine {}\n"),
    ("concurrency", FAIRLEAD, body("await Task.yield()\n    try Task.checkCancellation()")),
    ("function-size", WIRE, "protocol P {\n    func a()\n    init()\n}\n" + "let x = 1\n" * 60),
    ("function-size", WIRE, MEMBERWISE),
    ("size", WIRE, "let x = 1\n\n// What x is.\n" * (house.LINES // 2 + 1)),
    ("hostile-rows", WAITING, "# a comment\n"),
]


def plant(root, changes):
    files = {
        "Package.swift": manifest(),
        ".swift-format": (pathlib.Path(__file__).resolve().parents[2] / ".swift-format").read_text(),
        "Sources/SSHWire/Clean.swift": CLEAN_SOURCE,
        "Sources/CZlib/module.modulemap": "",
        "Tests/SSHWireTests/CleanTests.swift": CLEAN_TEST,
        ROWS: "ID-01 A line is taken.\n",
        WAITING: "",
    }
    for name, text in (files | changes).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def check(script, changes, *arguments):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        plant(root, changes)
        command = [sys.executable, str(script), "--root", str(root), *arguments]
        return subprocess.run(command, capture_output=True, text=True)


def runs(script):
    """What tests say proves a row where one that names it passed, and nothing else does."""
    proofs = [
        '✔ Test "ID-01 A line is taken" passed after 0.1 seconds.',
        '✔ Test "ID-01 A line is taken" with 2 test cases passed after 0.1 seconds.',
        '◇ Test case passing 1 argument row → ID-01 a line to "Rows" started.\n✔ Test "Rows" with 1 test case passed after 1 s',
    ]
    nothing = [
        "", '◇ Test "ID-01 A line is taken" started.', '➜ Test "ID-01 A line is taken" skipped.',
        '✘ Test "ID-01 A line is taken" failed after 0.1 seconds with 1 issue.',
        '◇ Test case passing 1 argument row → ID-01 a line to "Rows" started.\n✘ Test "Rows" failed after 1 s',
    ]
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder, "log")
        for text, status in [(text, 0) for text in proofs] + [(text, 1) for text in nothing]:
            log.write_text(text)
            if check(script, {}, "--ran", str(log)).returncode != status:
                failures.append(f"--ran does not end with {status} after {text}")
    return failures


def run(script):
    failures = []
    clean = check(script, {})
    if clean.returncode != 0:
        failures.append("a clean tree fails:\n" + clean.stdout + clean.stderr)
    for rule, name, text, line in VIOLATIONS:
        result = check(script, {name: text}, "--only", rule)
        place = f"{name}:{line}:" if line else f"{name}:"
        if result.returncode != 1 or place not in result.stdout:
            failures.append(f"{rule} misses {place} in\n{text[:200]}\n{result.stdout[:400]}{result.stderr[-400:]}")
    for rule, name, text in ALLOWED:
        result = check(script, {name: text}, "--only", rule)
        if result.returncode != 0:
            failures.append(f"{rule} refuses {name}:\n{text[:200]}\n{result.stdout[:400]}{result.stderr[-400:]}")
    failures += runs(script)
    tried = {rule for rule, *_ in VIOLATIONS}
    rules = subprocess.run([sys.executable, str(script), "--list"], capture_output=True, text=True).stdout.split()
    failures += [f"no violation of {rule} is planted" for rule in rules if rule not in tried]
    for failure in failures:
        print("FAIL ", failure)
    print(f"self-test: {len(VIOLATIONS)} violations of {len(tried)} rules, {len(failures)} failures")
    return 1 if failures else 0
