"""Each row of what a hostile peer may send is named by a test, or waits with a reason."""

import re

from . import tree

ROWS = "Tests/Support/hostile-rows.txt"
WAITING = "Tests/Support/hostile-waiting.txt"
IDENTIFIER = re.compile(r"\b(?:(?:ID|PK|KI|KX|SK|RK|AU|CH|GR|FW|TM|NW|LF|ST)-\d\d|[A-G][1-9]\d?)\b")
# A literal's first words, as long as they are identifiers: a lone letter and digit elsewhere may be anything.
LEADING = re.compile(r'"((?:(?:[A-G][1-9]\d?|[A-Z]{2}-\d\d)\b[:,]?(?:\s|(?=")))+)')
# What `swift test` says of a test that passed, and of a case that a test went through.
PASSED = re.compile(r'✔ Test (".*") (?:with \d+ test cases? )?passed ')
CASE = re.compile(r'◇ Test case passing \d+ arguments? \S+ → (.*) to (".*") started')


def check(root):
    findings = []
    rows = table(root, ROWS, findings)
    waiting = table(root, WAITING, findings)
    tested = named_in_tests(root)
    for row, (path, line) in sorted(tested.items()):
        if row not in rows:
            findings.append((path, line, f"{row} is not a row of {ROWS}"))
        if row in waiting:
            findings.append((WAITING, waiting[row], f"{row} waits no more: {path}:{line} names it"))
    for row, line in waiting.items():
        if row not in rows:
            findings.append((WAITING, line, f"{row} is not a row of {ROWS}"))
    for row, line in rows.items():
        if row not in tested and row not in waiting:
            findings.append((ROWS, line, f"{row} is neither named by a test nor waiting"))
    return findings


def prune(root):
    """Drops from the waiting list what a test names by now."""
    tested = named_in_tests(root)
    lines = (root / WAITING).read_text().splitlines(keepends=True)
    (root / WAITING).write_text("".join(line for line in lines if line.partition(" ")[0] not in tested))


def named_in_tests(root):
    """Identifiers in string literals: a test's name, or a row of the table it runs over. Comments prove nothing."""
    found = {}
    for source in tree.swift_files(root, "Tests"):
        places = [(match.group(), match.start()) for match in IDENTIFIER.finditer(source.literals) if "-" in match.group()]
        for run in LEADING.finditer(source.text):
            if source.literals[run.start(1)] != " ":
                places += [(match.group(), run.start()) for match in IDENTIFIER.finditer(run[1])]
        for row, start in places:
            found.setdefault(row, (source.path, source.line(start)))
    return found


def check_run(root, log):
    """Each row was proved in a run of all tests: a test that passed names it, or a case of such a test begins with it.

    A name in the sources proves nothing if nothing runs it.
    """
    rows, waiting = table(root, ROWS, []), table(root, WAITING, [])
    lines = log.read_text(errors="replace").splitlines()
    passed = {match[1] for line in lines if (match := PASSED.search(line))}
    cases = {f'"{match[1]} "' for line in lines if (match := CASE.search(line)) and match[2] in passed}
    proved = set()
    for name in passed | cases:
        proved.update(row for row in IDENTIFIER.findall(name) if "-" in row)
        proved.update(row for run in LEADING.finditer(name) if run.start() == 0 for row in IDENTIFIER.findall(run[1]))
    return [(ROWS, line, f"{row} was not proved: no test that names it passed")
            for row, line in rows.items() if row not in proved and row not in waiting]


def summary(root):
    """What a person wants to know of the rows: how many, and which wait for what."""
    rows, waiting = table(root, ROWS, []), table(root, WAITING, [])
    reasons = {}
    for line in (root / WAITING).read_text().splitlines() if waiting else []:
        row, _, reason = line.partition(" ")
        if row in waiting:
            reasons.setdefault(reason, []).append(row)
    lines = [f"      {len(rows) - len(waiting)} of {len(rows)} rows are covered"]
    return lines + [f"      {' '.join(names)} {reason}" for reason, names in reasons.items()]


def table(root, name, findings):
    """Lines of an identifier and a sentence; lines that begin with `#` are comments."""
    path = root / name
    if not path.exists():
        findings.append((name, 0, "missing"))
        return {}
    rows = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        row, _, text = line.partition(" ")
        if not IDENTIFIER.fullmatch(row) or len(text.strip()) < 5:
            findings.append((name, number, "not an identifier and a sentence"))
        elif row in rows:
            findings.append((name, number, f"{row} stands twice"))
        rows[row] = number
    return rows
