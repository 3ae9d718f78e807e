"""Every target of the manifest is built with the settings of the house; warnings are errors by them."""

import re

from . import functions, house, tree

TARGET = re.compile(r"\.(target|executableTarget|testTarget|systemLibrary|macro|plugin|binaryTarget)\s*\(")


def check(root):
    path = root / "Package.swift"
    if not path.exists():
        return [("Package.swift", 0, "no manifest")]
    source = tree.load(root, path)
    findings = settings(source, "settings", house.SETTINGS)
    findings += settings(source, "testSettings", house.TEST_SETTINGS)
    names = []
    for match in TARGET.finditer(source.code):
        end = functions.closing(source.code, match.end() - 1, "(", ")")
        call = source.text[match.end() : end]
        name = re.search(r'name:\s*"([^"]+)"', call)
        folder = re.search(r'path:\s*"([^"]+)"', call)
        if name is None or match[1] == "systemLibrary":
            continue
        place = folder[1] if folder else ("Tests/" if match[1] == "testTarget" else "Sources/") + name[1]
        names.append(place)
        findings += [(source.path, source.line(match.start()), m) for m in faults(root, call, name[1], place)]
    if not names:
        findings.append((source.path, 1, "no targets found"))
    return findings


def faults(root, call, name, place):
    in_sources = place.startswith("Sources/")
    if in_sources and place.count("/") == 1 and is_c(root / place):
        return [] if name == "CDescriptors" else [f"{name}: no C code in Sources"]
    if not in_sources and is_c(root / place):
        return []
    allowed = "settings" if in_sources else "(?:settings|testSettings)"
    if re.search(rf"swiftSettings:\s*{allowed}\b", call):
        return [f"{name}: unsafe flags"] if "unsafeFlags" in call else []
    return [f"{name} is built without the settings of the house"]


def is_c(folder):
    return folder.is_dir() and not any(folder.rglob("*.swift"))


def settings(source, name, needed):
    match = re.search(rf"\blet\s+{name}\s*:\s*\[SwiftSetting\]\s*=\s*(?=\[)", source.code)
    if match is None:
        return [(source.path, 1, f"no list of {name}")]
    end = functions.closing(source.code, match.end(), "[", "]")
    # Comments are blanked in both halves; the literals' text is needed here.
    pairs = zip(source.code[match.end() : end], source.literals[match.end() : end])
    text = "".join(a if a != " " else b for a, b in pairs)
    line = source.line(match.start())
    return [(source.path, line, f"{name} lack {item}") for item in needed if item not in text]
