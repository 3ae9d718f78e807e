"""How long functions are, and how many parameters they take."""

import re

from . import house

DECLARATION = re.compile(r"(?<![\w.`])(?:(?:func)\s+(?:`?\w+`?|[-+*/%<>=!&|^~.?]+)|init[?]?|subscript)\s*(?=[<(])")
COMPUTED = re.compile(r"(?<![\w.])var\s+\w+\s*:[^={}\n]*(?=\{)")
DEINIT = re.compile(r"(?<![\w.])deinit\s*(?=\{)")
CONTINUES = re.compile(r"\s*(?:->|where\b|throws\b|async\b|rethrows\b|\{|\(|&)")


def oversized(source):
    code = source.code
    findings = []
    for match in DECLARATION.finditer(code):
        opening = code.find("(", skip_generics(code, match.end()))
        end = closing(code, opening, "(", ")")
        if opening < 0 or end < 0:
            continue
        count = parameter_count(code[opening + 1 : end])
        if count > house.PARAMETERS and not is_memberwise(code, match, body_after(code, end + 1)):
            message = f"{count} parameters; {house.PARAMETERS} at most"
            findings.append((source.path, source.line(match.start()), message))
        findings += long_body(source, match.start(), body_after(code, end + 1))
    for pattern in (COMPUTED, DEINIT):
        for match in pattern.finditer(code):
            findings += long_body(source, match.start(), match.end())
    return findings


def long_body(source, start, brace):
    if brace is None:
        return []
    end = closing(source.code, brace, "{", "}")
    count = source.code.count("\n", brace, end) - 1
    if count <= house.FUNCTION_LINES:
        return []
    return [(source.path, source.line(start), f"a body of {count} lines; {house.FUNCTION_LINES} at most")]


def is_memberwise(code, declaration, brace):
    """An initialiser that does nothing but store its parameters, as plain values have them."""
    if brace is None or not declaration.group().startswith("init"):
        return False
    lines = code[brace + 1 : closing(code, brace, "{", "}")].split("\n")
    return all(re.fullmatch(r"\s*(?:self\.(\w+) = \1)?\s*", line) for line in lines)


def skip_generics(code, at):
    if at >= len(code) or code[at] != "<":
        return at
    depth = 0
    for index in range(at, len(code)):
        depth += {"<": 1, ">": 0 if code[index - 1] == "-" else -1}.get(code[index], 0)
        if depth == 0:
            return index + 1
    return at


def closing(code, at, left, right):
    if at < 0:
        return -1
    depth = 0
    for match in re.compile(f"[{re.escape(left + right)}]").finditer(code, at):
        depth += 1 if match.group() == left else -1
        if depth == 0:
            return match.start()
    return -1


def body_after(code, at):
    """Where the body's brace stands, or None for a declaration without a body."""
    depth = 0
    while at < len(code):
        character = code[at]
        if character == "{" and depth == 0:
            return at
        if character in ";}" and depth == 0:
            return None
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if depth < 0:
            return None
        if character == "\n" and depth == 0 and not CONTINUES.match(code, at):
            before = code[:at].rstrip()
            if not before.endswith((",", "->", "&", ":", "where")):
                return None
        at += 1
    return None


def parameter_count(text):
    """Commas that are in no bracket of their own; a trailing one does not count."""
    depth, count, pending = 0, 0, False
    for index, character in enumerate(text):
        if character in "([{" or (character == "<" and index and text[index - 1] not in " -"):
            depth += 1
        elif character in ")]}" or (character == ">" and text[index - 1] not in " -"):
            depth -= 1
        if character == "," and depth == 0:
            count, pending = count + 1, False
        elif not character.isspace():
            pending = True
    return count + pending
