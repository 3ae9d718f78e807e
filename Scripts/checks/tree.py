"""The tree that is checked: its files, and Swift source split into code, comments and string literals."""

import functools
import re
from dataclasses import dataclass

TEXT_SUFFIXES = {"", ".swift", ".md", ".txt", ".py", ".c", ".h", ".modulemap", ".yml", ".json", ".sh", ".resolved"}
PLACES = ["Sources", "Tests", "Scripts", "Docs", ".ci"]


@dataclass(frozen=True)
class Source:
    """One Swift file. `code` has comments and the text of literals blanked, `literals` has all else blanked; positions
    and lines are those of the file."""

    path: str
    text: str
    code: str
    literals: str

    @property
    def code_lines(self):
        return self.code.split("\n")

    def line(self, offset):
        return self.code.count("\n", 0, offset) + 1

    def matches(self, pattern):
        for match in re.finditer(pattern, self.code):
            yield match, self.line(match.start())


def swift_files(root, place):
    return [load(root, path) for path in sorted((root / place).rglob("*.swift")) if not is_hidden(root, path)]


def text_files(root):
    """Every text that people read or run: (path, text)."""
    paths = [path for place in PLACES for path in (root / place).rglob("*")]
    paths += [path for path in root.glob("*") if path.suffix in {".md", ".swift"} or path.name == ".gitignore"]
    for path in sorted(paths):
        if path.is_file() and path.suffix in TEXT_SUFFIXES and not is_hidden(root, path):
            yield str(path.relative_to(root)), path.read_text(errors="replace")


def is_hidden(root, path):
    parts = path.relative_to(root).parts
    return any(part.startswith(".build") or part == "__pycache__" for part in parts)


def load(root, path):
    text = path.read_text(errors="replace")
    code, literals = split(text)
    return Source(str(path.relative_to(root)), text, code, literals)


@functools.lru_cache(maxsize=4096)
def split(text):
    """(code, literals): the same length as the text, with what does not belong replaced by blanks."""
    kinds = [" "] * len(text)
    scan_code(text, 0, kinds, until_parenthesis=False)
    code = "".join(c if k == "c" or c == "\n" else " " for c, k in zip(text, kinds))
    literals = "".join(c if k == "s" or c == "\n" else " " for c, k in zip(text, kinds))
    return code, literals


def scan_code(text, at, kinds, until_parenthesis):
    """Marks code from `at` on; inside an interpolation it ends behind the closing parenthesis."""
    depth = 0
    while at < len(text):
        if text.startswith("//", at):
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        elif text.startswith("/*", at):
            at = end_of_comment(text, at)
        elif literal := re.compile(r'(#*)("""|")').match(text, at):
            at = scan_literal(text, at, kinds, literal.group(1), literal.group(2))
        else:
            kinds[at] = "c"
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            at += 1
            if until_parenthesis and depth == 0:
                return at
    return at


def end_of_comment(text, at):
    depth = 0
    for match in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if match.group() == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def scan_literal(text, at, kinds, hashes, quote):
    """Marks the quotes as code and the text as literal; an interpolation is code again."""
    mark(kinds, at, len(hashes) + len(quote), "c")
    at += len(hashes) + len(quote)
    closing, escape = quote + hashes, "\\" + hashes
    while at < len(text):
        if text.startswith(closing, at):
            mark(kinds, at, len(closing), "c")
            return at + len(closing)
        if quote == '"' and text[at] == "\n":
            return at
        if text.startswith(escape + "(", at):
            at = scan_code(text, at + len(escape), kinds, until_parenthesis=True)
        elif text.startswith(escape, at):
            mark(kinds, at, len(escape) + 1, "s")
            at += len(escape) + 1
        else:
            kinds[at] = "s"
            at += 1
    return at


def mark(kinds, at, count, kind):
    for index in range(at, min(at + count, len(kinds))):
        kinds[index] = kind
