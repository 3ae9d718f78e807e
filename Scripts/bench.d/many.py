"""Many logins at once: one process of the library, or a process of the peer for each, under a runner that adds up."""

import os
import pathlib
import subprocess
import time
from dataclasses import dataclass

INTERVAL = 0.05
# Seconds after which somebody will not come any more.
PATIENCE = 600


@dataclass
class Crowd:
    """What so many logins cost together; memory, threads and descriptors are of the moment at which all were in."""

    cpu: float
    # The sum of the high-water marks, in which each process counts the pages that it shares with others.
    peak: int
    # Every shared page counted once, in parts.
    proportional: int
    threads: int
    descriptors: int


class Gate:
    """A command that waits until everyone is in, so that "at once" is true however slow the server is."""

    def __init__(self, folder, count):
        self.count = count
        self.arrivals = pathlib.Path(folder) / "arrivals"
        self.path = pathlib.Path(folder) / "gate"
        self.command = f"echo >>{self.arrivals}; read word <{self.path}"

    def __enter__(self):
        self.arrivals.write_text("")
        os.mkfifo(self.path)
        # Nobody waits for a writer, and a word stays until somebody reads it.
        self.descriptor = os.open(self.path, os.O_RDWR)
        self.is_open = False
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)
        self.path.unlink()

    def has_all(self):
        return not self.is_open and self.arrivals.stat().st_size >= self.count

    def open(self):
        self.is_open = True
        os.write(self.descriptor, b"\n" * self.count)


def crowd(folder, count, commands, environment):
    """Starts what `commands` (a function of the gate's command) names, all at once, and waits for all of it."""
    with Gate(folder, count) as gate, open(folder / "errors", "w+") as errors:
        processes = [
            subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors, env=environment
            )
            for command in commands(gate.command)
        ]
        try:
            total, held = gather(processes, gate)
        except ChildProcessError as failure:
            errors.seek(0)
            raise SystemExit(f"one of {count} logins {failure}:\n{errors.read()}") from None
        finally:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                    process.wait()
    return Crowd(total, *[sum(column) for column in zip(*held)])


def gather(processes, gate):
    """CPU seconds of all of them together, and a snapshot of each while all were in."""
    total, held, end = 0.0, None, time.monotonic() + PATIENCE
    while living := [process for process in processes if process.returncode is None]:
        if gate.has_all():
            held = [snapshot(process.pid) for process in living]
            gate.open()
        for process in living:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid == 0:
                continue
            process.returncode = os.waitstatus_to_exitcode(status)
            total += usage.ru_utime + usage.ru_stime
            if process.returncode != 0 or held is None:
                raise ChildProcessError(f"ended with {process.returncode}, " + ("in" if held else "before all were in"))
        if held is None and time.monotonic() > end:
            raise ChildProcessError(f"did not come in {PATIENCE} seconds")
        time.sleep(INTERVAL)
    return total, held


def snapshot(pid):
    """High-water mark, proportional size, threads and descriptors of a process."""
    status = fields(f"/proc/{pid}/status")
    return (
        status["VmHWM"] * 1024,
        fields(f"/proc/{pid}/smaps_rollup")["Pss"] * 1024,
        status["Threads"],
        len(os.listdir(f"/proc/{pid}/fd")),
    )


def fields(path):
    """The lines of a file of /proc that have a number."""
    lines = (line.partition(":") for line in pathlib.Path(path).read_text().splitlines())
    pairs = ((name, text.split()) for name, _, text in lines)
    return {name: int(words[0]) for name, words in pairs if words and words[0].isdigit()}
