"""Measures two clients in alternation and prints what each costs, with the ratio. Called by Scripts/bench."""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile

import machine
from peers import Client, Server
from relay import Relay

GIB = 1 << 30
LOGIN = ["Ciphers=aes128-gcm@openssh.com"]

# What is negotiated for each row of the transfers: the row's name, and the options of ssh_config(5) that bring it about.
MODES = {
    "aes128-gcm": ["Ciphers=aes128-gcm@openssh.com"],
    "aes256-gcm": ["Ciphers=aes256-gcm@openssh.com"],
    "chacha20-poly1305": ["Ciphers=chacha20-poly1305@openssh.com"],
    "aes128-ctr, sha2-256-etm": ["Ciphers=aes128-ctr", "MACs=hmac-sha2-256-etm@openssh.com"],
    "aes256-ctr, sha2-256-etm": ["Ciphers=aes256-ctr", "MACs=hmac-sha2-256-etm@openssh.com"],
    "aes256-ctr, sha2-512": ["Ciphers=aes256-ctr", "MACs=hmac-sha2-512"],
}


class Bench:
    def __init__(self, options, ours, peer, server):
        self.options = options
        self.clients = (ours, peer)
        self.server = server
        self.rows = []

    def alternate(self, measure, pairs=None):
        """Runs `measure` for both clients in turn, the first one changing from pair to pair; once before, uncounted."""
        results = {client.name: [] for client in self.clients}
        for client in self.clients:
            measure(client)
        for pair in range(pairs or self.options.pairs):
            order = self.clients if pair % 2 == 0 else self.clients[::-1]
            for client in order:
                results[client.name].append(measure(client))
        return [results[client.name] for client in self.clients]

    def row(self, section, name, unit, ours, theirs):
        """A row is the two medians and the median of the pairs' ratios."""
        ratios = [a / b for a, b in zip(ours, theirs) if b > 0]
        row = {
            "section": section,
            "name": name,
            "unit": unit,
            "fairlead": statistics.median(ours),
            "ssh": statistics.median(theirs),
            "ratio": statistics.median(ratios) if ratios else None,
            "ratios": [round(ratio, 3) for ratio in sorted(ratios)],
        }
        if not self.rows or self.rows[-1]["section"] != section:
            print(f"\n{section}\n{'':34}{'fairlead':>10}{'ssh':>10}{'ratio':>8}{'(range)':>14}  unit")
        self.rows.append(row)
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}" if ratios else ""
        ratio = f"{row['ratio']:.2f}" if ratios else "-"
        print(f"{name:34}{row['fairlead']:>10.3f}{row['ssh']:>10.3f}{ratio:>8}{spread:>14}  {unit}", flush=True)

    # MARK: Sections

    def download(self):
        count = self.options.bytes
        self.transfer("download", f"head -c {count} /dev/zero", None)

    def upload(self):
        source = self.server.folder / "upload"
        with open(source, "wb") as file:
            for _ in range(self.options.bytes >> 20):
                file.write(bytes(1 << 20))
        self.transfer("upload, from a file", "cat >/dev/null", source)
        source.unlink()

    def transfer(self, section, command, source):
        """CPU time of a transfer less that of a login, whose cost no cipher changes, for a GiB."""
        logins = self.alternate(lambda client: client.log_in("true", LOGIN).cpu)
        base = [statistics.median(costs) for costs in logins]
        for name, mode in MODES.items():
            costs = self.alternate(lambda client: client.log_in(command, mode, source).cpu)
            each = [
                [(cost - floor) * GIB / self.options.bytes for cost in of_client]
                for of_client, floor in zip(costs, base)
            ]
            self.row(f"CPU seconds for a GiB, {section}", name, "s/GiB", *each)

    def start(self):
        runs = self.alternate(lambda client: client.run([client.path, "-V"]))
        self.both("start-up (-V)", "version shown", runs)

    def login(self):
        runs = self.alternate(lambda client: client.log_in("true", LOGIN))
        self.both("login and `true`, curve25519", "login and true", runs)

    def passphrase(self):
        """What unlocking a key costs: our login less one with an open key, `ssh-keygen -y` less that of an open key."""
        words = "open sesame"
        for rounds in (16, 64, 128):
            key = self.server.locked_key(words, rounds)

            def unlocking(client):
                if client is self.clients[0]:
                    return 1e3 * (client.log_in_typing(key, words, LOGIN) - client.log_in("true", LOGIN).cpu)
                shown = [
                    client.run(["ssh-keygen", "-y", "-P", given, "-f", path]).cpu
                    for given, path in ((words, key), ("", self.server.folder / "key"))
                ]
                return 1e3 * (shown[0] - shown[1])

            costs = self.alternate(unlocking)
            self.row("CPU time to unlock a key, beside `ssh-keygen -y`", f"bcrypt-pbkdf, {rounds} rounds", "ms", *costs)

    def both(self, section, name, runs):
        self.row(section, f"{name}, CPU", "ms", *[[run.cpu * 1e3 for run in of_client] for of_client in runs])
        self.row(section, f"{name}, wall", "ms", *[[run.wall * 1e3 for run in of_client] for of_client in runs])

    def memory(self):
        section = "peak resident memory"
        for name, command in (
            ("login", "true"),
            ("1 MiB download", "head -c 1048576 /dev/zero"),
            (f"{self.options.bytes >> 20} MiB download", f"head -c {self.options.bytes} /dev/zero"),
        ):
            peaks = self.alternate(
                lambda client: client.peak_memory(command) / (1 << 20), 1 if self.options.quick else 3
            )
            self.row(section, name, "MiB", *peaks)

    def trips(self):
        """(wall at 100 ms - wall at 0) / 100 ms: what the distance alone costs, the TCP handshake included."""
        trip = 0.1
        with Relay(self.server.port, 0) as near, Relay(self.server.port, trip) as far:
            for name, is_new in (("known host", False), ("new host (accept-new)", True)):

                def round_trips(client):
                    walls = [client.log_in("true", LOGIN, None, relay.port, is_new).wall for relay in (far, near)]
                    return (walls[0] - walls[1]) / trip

                trips = self.alternate(round_trips, min(2, self.options.pairs) if self.options.quick else None)
                self.row("round trips from connect to the exit of `true`", name, "trips", *trips)

    def far(self):
        """A long path: what a window that does not grow costs."""
        count = 16 << 20 if self.options.quick else 64 << 20
        with Relay(self.server.port, 0.1) as relay:
            speeds = self.alternate(
                lambda client: count / client.log_in(f"head -c {count} /dev/zero", LOGIN, None, relay.port).wall / 1e6,
                1 if self.options.quick else 3,
            )
            self.row("download at 100 ms round trip", f"{count >> 20} MiB", "MB/s", *speeds)


SECTIONS = ["start", "login", "passphrase", "download", "upload", "memory", "trips", "far"]


def main():
    parser = argparse.ArgumentParser(prog="Scripts/bench", description=__doc__)
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--peer", default=shutil.which("ssh"), metavar="PATH", help="the client to compare with")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="runs of each client, after one uncounted")
    parser.add_argument("--bytes", type=int, metavar="N", help="size of a transfer; 512 MiB, or 64 MiB with --quick")
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="smaller transfers; less than two minutes")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    options = parser.parse_args()
    if options.bytes is None:
        options.bytes = (64 if options.quick else 512) << 20

    # Whatever ends us, the server and its folder go too.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-bench.")))
        server = Server(folder)
        stack.callback(server.stop)
        ours = Client("fairlead", os.path.abspath(options.tool), server)
        bench = Bench(options, ours, Client("ssh", options.peer, server), server)
        facts = machine.facts(options.peer)
        print("\n".join(f"{name}: {value}" for name, value in facts.items()))
        for section in options.only or SECTIONS:
            getattr(bench, section)()
        facts["load afterwards"] = machine.load()
        print(f"\nload afterwards: {facts['load afterwards']}")
    if options.json:
        result = {"machine": facts, "pairs": options.pairs, "bytes": options.bytes, "rows": bench.rows}
        pathlib.Path(options.json).write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
