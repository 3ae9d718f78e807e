"""Runs the fuzzer, one target or all in turn, and keeps a ledger of what each piece of it cost and reached.

Called by Scripts/fuzz.
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import time

COLUMNS = ("target", "revision", "cpu", "inputs", "edges", "features", "corpus", "status")
PIECE = 900
# CPU seconds that each target gets before any gets more.
ENOUGH = 3600
# What libFuzzer ends with when it is told to stop.
FINE = (0, 72)


class Fuzzer:
    def __init__(self, options):
        self.program = options.program
        self.scratch = options.scratch
        self.ledger = pathlib.Path("Tests/Fuzz/ledger.tsv")
        self.targets = options.targets
        self.lock = threading.Lock()
        self.running = {}
        self.end = float("inf")
        # Seconds for one input.
        self.patience = 10
        self.failed = set()
        revision = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
        self.revision = revision.stdout.strip() or "none"
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self.stop)

    def stop(self, *_):
        self.end = 0
        for process in list(self.running.values()):
            process.send_signal(signal.SIGINT)

    def command(self, target, seconds, extra):
        seeds = pathlib.Path("Tests/Fuzz/Corpus", target)
        learnt = self.scratch / "corpus" / target
        crashes = pathlib.Path("Tests/Fuzz/Crashes", target)
        for folder in (seeds, learnt, crashes):
            folder.mkdir(parents=True, exist_ok=True)
        # A process that takes so long over one input or holds 1 GiB has failed too. The program mutates some targets by
        # itself, which would make libFuzzer start with long inputs.
        limits = [f"-timeout={self.patience}", "-rss_limit_mb=1024", "-len_control=100", "-print_final_stats=1"]
        return [self.program, learnt, seeds, f"-max_total_time={seconds}", f"-artifact_prefix={crashes}/", *limits, *extra]

    def environment(self, target):
        # The runtime's own tracer would outlive the process and hold its pipes.
        return {
            **os.environ, "SWIFT_BACKTRACE": "enable=no", "FAIRLEAD_FUZZ_TARGET": target, "ASAN_OPTIONS": "detect_leaks=0"
        }

    def run(self, target, seconds, extra=(), shows=False):
        """One piece; its exit status, or 1 where an input took too long."""
        crashes = pathlib.Path("Tests/Fuzz/Crashes", target)
        known = set(crashes.glob("*"))
        process = subprocess.Popen(
            self.command(target, seconds, extra), env=self.environment(target), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, errors="replace")
        with self.lock:
            self.running[target] = process
        last = collections.deque(maxlen=400)
        for line in process.stdout:
            last.append(line)
            if shows:
                sys.stderr.write(line)
        _, waited, used = os.wait4(process.pid, 0)
        process.returncode = status = os.waitstatus_to_exitcode(waited)
        text = "".join(last)
        if self.is_slow(target, set(crashes.glob("slow-unit-*")) - known) and status in FINE:
            status = 1
        if status not in FINE:
            (self.scratch / f"{target}.log").write_text(text)
            print(f"FAIL  {target}: status {status}, {crashes}, {self.scratch}/{target}.log", file=sys.stderr)
        if not any(crashes.iterdir()):
            crashes.rmdir()
        with self.lock:
            del self.running[target]
            self.note(target, used.ru_utime + used.ru_stime, text, status)
        return status

    def is_slow(self, target, paths):
        """Whether any of these inputs takes long, asked again by the CPU's clock.

        What took ten seconds because the machine was busy is no finding, and goes.
        """
        found = False
        for path in paths:
            process = subprocess.Popen(
                [self.program, path], env=self.environment(target), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, waited, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(waited)
            if process.returncode == 0 and used.ru_utime + used.ru_stime < 5:
                path.unlink()
            else:
                found = True
        return found

    def note(self, target, cpu, text, status):
        inputs = re.findall(r"stat::number_of_executed_units: (\d+)", text)
        reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", text)
        row = [target, self.revision, f"{cpu:.0f}", (inputs or ["0"])[-1], *(reached or [("0", "0", "0")])[-1], str(status)]
        with open(self.ledger, "a", encoding="ascii") as file:
            file.write("\t".join(row) + "\n")

    def rows(self):
        if not self.ledger.exists():
            return []
        lines = self.ledger.read_text(encoding="ascii").splitlines()
        return [dict(zip(COLUMNS, line.split("\t"))) for line in lines]

    def next_piece(self):
        """Of the targets that neither run nor have failed, one that is nearest to enough, else the one with the least CPU so
        far; and its seconds: no more than it lacks."""
        used = collections.Counter()
        for row in self.rows():
            used[row["target"]] += float(row["cpu"])
        with self.lock:
            free = [name for name in self.targets if name not in self.failed and name not in self.running]
            if not free:
                return None
            target = min(free, key=lambda name: (used[name] >= ENOUGH, used[name] * (-1 if used[name] < ENOUGH else 1)))
            self.running[target] = None
            lacks = ENOUGH - used[target]
            # It takes its seeds in first, and the clock runs no slower than the CPU's.
            return target, min(PIECE, int(lacks) + 15 if lacks > 0 else PIECE)

    def work(self):
        while (left := self.end - time.time()) > 1 and (piece := self.next_piece()):
            target, seconds = piece
            status = self.run(target, int(min(seconds, left)))
            if status not in FINE:
                self.failed.add(target)

    def run_all(self, hours, jobs):
        os.nice(19)
        # Others come first.
        self.patience = 60
        self.end = time.time() + hours * 3600
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for worker in [pool.submit(self.work) for _ in range(jobs)]:
                worker.result()
        return 1 if self.failed else 0

    def report(self):
        rows = self.rows()
        print("| Target | CPU hours | Inputs | Edges | Features | Corpus | Found |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
        for target in self.targets:
            own = [row for row in rows if row["target"] == target]
            sums = [sum(float(row[name]) for row in own) for name in ("cpu", "inputs")]
            last = [f"{max([int(row[name]) for row in own] or [0]):,}" for name in ("edges", "features")]
            corpus = own[-1]["corpus"] if own else "0"
            crashes = pathlib.Path("Tests/Fuzz/Crashes", target)
            found = len(list(crashes.iterdir())) if crashes.exists() else 0
            cells = [f"`{target}`", f"{sums[0] / 3600:.1f}", f"{sums[1]:,.0f}", *last, f"{int(corpus):,}", str(found)]
            print(f"| {' | '.join(cells)} |")
        return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    parser.add_argument("--targets", type=str.split, required=True)
    action = parser.add_subparsers(dest="action", required=True)
    one = action.add_parser("run")
    one.add_argument("target")
    one.add_argument("seconds", type=int)
    one.add_argument("extra", nargs=argparse.REMAINDER)
    every = action.add_parser("all")
    every.add_argument("hours", type=float)
    every.add_argument("jobs", type=int, nargs="?", default=1)
    action.add_parser("report")
    options = parser.parse_args()
    fuzzer = Fuzzer(options)
    if options.action == "report":
        return fuzzer.report()
    if options.action == "all":
        return fuzzer.run_all(options.hours, options.jobs)
    return fuzzer.run(options.target, options.seconds, options.extra, shows=True)


if __name__ == "__main__":
    sys.exit(main())
