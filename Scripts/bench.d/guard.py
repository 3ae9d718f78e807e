"""Counts the instructions of the hot paths under valgrind's callgrind and compares them with the recorded ones. Called
by Scripts/bench --guard.

What is counted is the engine's work alone: what our program and Swift's libraries in it do, and what they have the C
library do. What libcrypto and libsodium do is left out, so that another package of theirs changes nothing."""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

RECORD = pathlib.Path(__file__).parent / "guard.json"
# By how much a count may rise.
TOLERANCE = 0.02
# Where the engine's work begins and ends (Tests/Bench/HotPaths).
TOUCH = "fairlead_touch_engine"
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    # Two runs have the same order of everything that is hashed.
    "SWIFT_DETERMINISTIC_HASHING": "1",
    # libcrypto and swift-crypto choose their code by the processor; without the second word of its features they
    # choose alike everywhere.
    "OPENSSL_ia32cap": ":0",
    # Nor may the C library's copies depend on the processor. A long one by one repeated instruction counts as one for
    # each byte, which would hide everything else.
    "GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=1000000000:glibc.cpu.x86_rep_stosb_threshold=1000000000:"
    "glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-AVX_Fast_Unaligned_Load",
}


def main():
    parser = argparse.ArgumentParser(prog="Scripts/bench --guard", description=__doc__)
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--record", action="store_true", help="write what is counted now into the record")
    options = parser.parse_args()
    counted = count_all(options.program)
    key = toolchain()
    record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    if options.record:
        record[key] = counted
        RECORD.write_text(json.dumps(record, indent=2, sort_keys=True) + "\n")
    if key not in record:
        show(counted, {})
        print(f"not judged: nothing is recorded for {key}; Scripts/bench --guard --record does it")
        return 0
    show(counted, record[key])
    risen = rises(counted, record[key])
    for line in risen:
        print(f"FAIL  {line}", file=sys.stderr)
    # Silence alone proves nothing: each path must be missed if its record were lower by a little more than allowed.
    for name, count in counted.items():
        planted = {**counted, name: count / (1 + 1.1 * TOLERANCE)}
        if len(rises(counted, planted)) != 1:
            raise SystemExit(f"FAIL  a planted rise of {name} was not found")
    print("ok    a planted rise of each was found")
    return 1 if risen else 0


def rises(counted, recorded):
    """What is counted and not recorded, or the other way round, is a fault as well."""
    lines = [f"{name}: recorded or counted, but not both" for name in sorted(counted.keys() ^ recorded.keys())]
    for name in sorted(counted.keys() & recorded.keys()):
        rise = counted[name] / recorded[name] - 1
        if rise > TOLERANCE:
            lines.append(f"{name}: {counted[name]:,} for {recorded[name]:,}, {rise:.1%} more")
    return lines


def show(counted, recorded):
    print(f"{'':38}{'counted':>14}{'recorded':>14}")
    for name, count in counted.items():
        old = recorded.get(name)
        change = f"{count / old - 1:>+8.1%}" if old else ""
        print(f"{name:38}{count:>14,}{old if old is not None else '-':>14}{change}")


def toolchain():
    """What else than our code the counts depend on."""
    swift = subprocess.run(["swift", "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"Swift version \S+", swift)
    return f"{version[0] if version else swift.strip()}, {' '.join(platform.libc_ver())}, {platform.machine()}"


def count_all(program):
    with tempfile.TemporaryDirectory(prefix="fairlead-guard.") as name:
        folder = pathlib.Path(name)
        copy = folder / "HotPaths"
        shutil.copy(program, copy)
        # Older valgrinds give up on the compiler's debug information; the names of functions stay.
        subprocess.run(["strip", "-g", copy], check=True)
        paths = subprocess.run([copy], capture_output=True, text=True, check=True).stdout.split()
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            counts = list(pool.map(lambda path: count(folder, copy, path), paths))
    counted = dict(zip(paths, counts))
    # Cost must be linear: what a channel costs among a thousand, for a hundred thousand that it costs among a hundred.
    counted["a channel of 1000, to 100000 of 100"] = round(
        100_000 * (counted["channels-1000"] / 1000) / (counted["channels-100"] / 100)
    )
    return counted


def count(folder, program, path):
    profile = folder / f"profile.{path}"
    command = ["valgrind", "--tool=callgrind", f"--toggle-collect={TOUCH}", f"--callgrind-out-file={profile}"]
    result = subprocess.run(
        [*command, program, path], env=ENVIRONMENT, cwd=folder, capture_output=True, text=True, check=False
    )
    if result.returncode != 0 or not profile.exists():
        raise SystemExit(f"valgrind on {path}:\n{result.stdout}{result.stderr}")
    total = ours(profile.read_text().splitlines(), program.name)
    if total == 0:
        raise SystemExit(f"{path}: nothing was counted; is there no {TOUCH} any more?")
    return total


def ours(lines, program):
    """The instructions of our program's own functions, and of the C library's in calls from them (callgrind's format:
    numbers in parentheses stand for names, a line after `calls=` holds what the call cost)."""
    names, total = {}, 0
    now = {"ob": "", "cob": "", "cfn": ""}
    is_call = False
    for line in lines:
        if match := re.match(r"(ob|cob|fn|cfn)=(\(\d+\))(?: (.*))?$", line):
            key, number, name = match.groups()
            number = key[-2:] + number
            if name is not None:
                names[number] = os.path.basename(name)
            now[key] = names[number]
        elif line.startswith("calls="):
            is_call = True
        elif re.match(r"[+\-*\d]", line):
            # The C library starts `main`, and with it everything.
            is_ours = not is_call or (now["cob"].startswith("libc.so") and not now["cfn"].startswith("__libc_start"))
            if is_ours and is_own(now["ob"], program):
                total += int(line.split()[1])
            if is_call:
                is_call, now["cob"] = False, ""
    return total


def is_own(name, program):
    return name == program or name.startswith("libswift")


if __name__ == "__main__":
    sys.exit(main())
