"""Measures two clients in alternation and prints what each costs, with the ratio. Called by Scripts/bench."""

import argparse
import contextlib
import getpass
import json
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile

import goals
import machine
import many
from peers import AsyncSSH, Client, Dropbear, Server
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
# Where dbclient, which has no AES-GCM and no such MAC, is measured too: with that cipher, or with its default one.
DROPBEAR_MODES = ["aes128-gcm", "chacha20-poly1305"]
# Those that have goals, for who has no time.
QUICK_MODES = ["aes128-gcm", "chacha20-poly1305", "aes256-ctr, sha2-256-etm"]

# The section's key on the command line, and its title.
TITLES = {
    "start": "start-up (-V)",
    "login": "login and `true`",
    "passphrase": "CPU time to unlock a key, beside `ssh-keygen -y`",
    "download": "CPU seconds for a GiB, download",
    "upload": "CPU seconds for a GiB, upload, from a file",
    "memory": "peak resident memory",
    "trips": "round trips from connect to the exit of `true`",
    "far": "download at 100 ms round trip",
    "many": "many logins at once, a command each",
    "linear": "what each costs of so many at once, our library alone",
}


class Bench:
    def __init__(self, options, ours, peer, third, server):
        self.options = options
        self.clients = (ours, peer)
        self.third = third
        self.server = server
        self.rows = []
        self.left_out = {}
        self.section = None
        self.shown = None

    def alternate(self, measure, pairs=None, with_third=False):
        """Runs `measure` for both clients in turn, the first one changing from pair to pair; once before, uncounted.

        Where the third is asked for and there, its figures come last."""
        clients = self.clients + ((self.third,) if with_third and self.third else ())
        results = {client.name: [] for client in clients}
        for client in clients:
            measure(client)
        for pair in range(pairs or self.options.pairs):
            order = self.clients if pair % 2 == 0 else self.clients[::-1]
            for client in order + clients[2:]:
                results[client.name].append(measure(client))
        return [results[client.name] for client in clients]

    def row(self, name, unit, ours, theirs=None, third=None):
        """A row is the medians and the median of the pairs' ratios."""
        ratios = [a / b for a, b in zip(ours, theirs or []) if b > 0]
        row = {
            "key": self.section,
            "section": TITLES[self.section],
            "name": name,
            "unit": unit,
            "peer": self.clients[1].name,
            "fairlead": statistics.median(ours),
            "ssh": statistics.median(theirs) if theirs else None,
            "dbclient": statistics.median(third) if third else None,
            "ratio": statistics.median(ratios) if ratios else None,
            "ratios": [round(ratio, 3) for ratio in sorted(ratios)],
        }
        goals.judge(row)
        self.rows.append(row)
        if self.shown != self.section:
            self.shown = self.section
            print(f"\n{TITLES[self.section]}")
            print(f"{'':34}{'fairlead':>10}{'ssh':>10}{'dbclient':>10}{'ratio':>8}{'(range)':>14}  unit, goal")
        figures = "".join(f"{figure(row[of]):>10}" for of in ("fairlead", "ssh", "dbclient"))
        spread = f"{min(ratios):.2f}-{max(ratios):.2f}" if ratios else ""
        ratio = f"{row['ratio']:.2f}" if ratios else "-"
        goal = f"; {row['goal']}" if row["goal"] else ""
        print(f"{name:34}{figures}{ratio:>8}{spread:>14}  {unit}{goal}", flush=True)

    def leave_out(self, name, reason):
        self.left_out[f"{self.section}, {name}"] = reason
        print(f"left out: {self.section}, {name}: {reason}", flush=True)

    # MARK: Sections

    def download(self):
        self.transfer(f"head -c {self.options.bytes} /dev/zero", None)

    def upload(self):
        source = self.server.folder / "upload"
        with open(source, "wb") as file:
            for _ in range(self.options.bytes >> 20):
                file.write(bytes(1 << 20))
        self.transfer("cat >/dev/null", source)
        source.unlink()

    def transfer(self, command, source):
        """CPU time of a transfer less that of a login, whose cost no cipher changes, for a GiB."""
        logins = self.alternate(lambda client: client.log_in("true", LOGIN).cpu, with_third=not self.options.quick)
        base = [statistics.median(costs) for costs in logins]
        for name, mode in MODES.items():
            if self.options.quick and name not in QUICK_MODES:
                continue
            with_third = name in DROPBEAR_MODES and not self.options.quick
            costs = self.alternate(lambda client: client.log_in(command, mode, source).cpu, with_third=with_third)
            each = [
                [(cost - floor) * GIB / self.options.bytes for cost in of_client]
                for of_client, floor in zip(costs, base)
            ]
            self.row(name, "s/GiB", *each)

    def start(self):
        self.both("version shown", self.alternate(lambda client: client.run([client.path, "-V"])))

    def login(self):
        """By key exchange; dbclient's is its own choice, curve25519."""
        for name, exchange in (("curve25519", "curve25519-sha256"), ("sntrup761", "sntrup761x25519-sha512@openssh.com")):
            mode = [*LOGIN, f"KexAlgorithms={exchange}"]
            runs = self.alternate(lambda client: client.log_in("true", mode), with_third=name == "curve25519")
            self.both(name, runs)
        self.login_mlkem()

    def login_mlkem(self):
        exchange = "mlkem768x25519-sha256"
        python = os.environ.get("FAIRLEAD_PYTHON")
        if python is None:
            return self.leave_out("mlkem768", "no server that has it: FAIRLEAD_PYTHON names no Python with AsyncSSH")
        ours = self.clients[0]
        if exchange not in machine.said([ours.path, "-Q", "kex"]).split():
            return self.leave_out("mlkem768", "this build of ours does not have it")
        with AsyncSSH(python, self.server, [exchange]) as port:
            mode = [*LOGIN, f"KexAlgorithms={exchange}"]
            runs = [ours.log_in("true", mode, None, port) for _ in range(self.options.pairs + 1)][1:]
        self.both("mlkem768", [runs])

    def passphrase(self):
        """What unlocking a key costs: our login less one with an open key, `ssh-keygen -y` less that of an open key."""
        words = "open sesame"
        for rounds in (16,) if self.options.quick else (16, 64, 128):
            key = self.server.locked_key(words, rounds)

            def unlocking(client):
                if client is self.clients[0]:
                    return 1e3 * (client.log_in_typing(key, words, LOGIN) - client.log_in("true", LOGIN).cpu)
                shown = [
                    client.run(["ssh-keygen", "-y", "-P", given, "-f", path]).cpu
                    for given, path in ((words, key), ("", self.server.folder / "key"))
                ]
                return 1e3 * (shown[0] - shown[1])

            self.row(f"bcrypt-pbkdf, {rounds} rounds", "ms", *self.alternate(unlocking))

    def both(self, name, runs):
        self.row(f"{name}, CPU", "ms", *[[run.cpu * 1e3 for run in of_client] for of_client in runs])
        self.row(f"{name}, wall", "ms", *[[run.wall * 1e3 for run in of_client] for of_client in runs])

    def memory(self):
        mebibytes = self.options.bytes >> 20 if self.options.is_small else 1024
        peaks = {}
        for name, command in (
            ("login", "true"),
            ("1 MiB download", "head -c 1048576 /dev/zero"),
            (f"{mebibytes} MiB download", f"head -c {mebibytes << 20} /dev/zero"),
        ):
            peaks[name] = self.alternate(
                lambda client: client.peak_memory(command) / (1 << 20), 1 if self.options.quick else None, True
            )
            self.row(name, "MiB", *peaks[name])
        login, small, large = peaks.values()
        for name, less in ((f"{mebibytes} MiB less 1 MiB", small), (f"{mebibytes} MiB less login", login)):
            self.row(name, "MiB", [a - b for a, b in zip(large[0], less[0])])

    def trips(self):
        """(wall at 100 ms - wall at 0) / 100 ms: what the distance alone costs, the TCP handshake included."""
        trip = 0.1
        with Relay(self.server.port, 0) as near, Relay(self.server.port, trip) as far:
            for name, is_new in (("known host", False), ("new host (accept-new)", True)):

                def round_trips(client):
                    walls = [client.log_in("true", LOGIN, None, relay.port, is_new).wall for relay in (far, near)]
                    return (walls[0] - walls[1]) / trip

                pairs = min(2, self.options.pairs) if self.options.quick else None
                self.row(name, "trips", *self.alternate(round_trips, pairs, True))

    def far(self):
        """A long path: what a window that does not grow costs; the goal is for it without the login, of which `trips` tells."""
        count = 16 << 20 if self.options.quick else 256 << 20
        with Relay(self.server.port, 0.1) as relay:

            def walls(client):
                commands = (f"head -c {count} /dev/zero", "true")
                return [client.log_in(command, LOGIN, None, relay.port).wall for command in commands]

            runs = self.alternate(walls, 1 if self.options.quick else None)
            name = f"{count >> 20} MiB"
            self.row(name, "MB/s", *[[count / (whole - login) / 1e6 for whole, login in side] for side in runs])
            self.row(f"{name}, with the login", "MB/s", *[[count / whole / 1e6 for whole, _ in side] for side in runs])

    def many(self):
        """All at once, with the key exchange that both clients choose by themselves; then with curve25519."""
        program = self.program("ManyLogins")
        if program is None:
            return
        count = 20 if self.options.quick else 200
        crowds = self.crowds(program, count, self.server.port)
        for name, field, unit, scale in (
            ("CPU", "cpu", "s", 1),
            ("memory", "peak", "MiB", 1 << 20),
            ("memory, shared once", "proportional", "MiB", 1 << 20),
            ("threads", "threads", "threads", 1),
            ("descriptors", "descriptors", "descriptors", 1),
        ):
            self.row(f"{count} logins, {name}", unit, *[[getattr(c, field) / scale for c in of] for of in crowds])
        if self.options.quick:
            return
        crowds = self.crowds(program, count, self.server.listen("KexAlgorithms curve25519-sha256"))
        self.row(f"{count} logins, CPU, curve25519", "s", *[[crowd.cpu for crowd in of] for of in crowds])

    def crowds(self, program, count, port):
        # The default order, which is not changed by a name that is in it.
        own_choice = ["KexAlgorithms=+curve25519-sha256"]

        def crowd(client):
            def commands(command):
                if client is self.clients[0]:
                    return [self.many_logins(program, count, command, port)]
                return [client.arguments(command, own_choice, port)] * count

            return many.crowd(self.server.folder, count, commands, client.environment)

        return self.alternate(crowd, 1 if self.options.quick else None)

    def linear(self):
        """CPU of one connection less that of none, or of a channel less that of the connection."""
        programs = [self.program(name) for name in ("ManyLogins", "ManyChannels")]
        if None in programs:
            return
        ours = self.clients[0]
        repeats = 1 if self.options.quick else self.options.pairs
        for count in (1, 10) if self.options.quick else (1, 10, 100, 200):
            command = self.many_logins(programs[0], count, "true")
            costs = [ours.run(command, says=said(count)).cpu for _ in range(repeats)]
            self.row(f"{count} connections", "ms each", [1e3 * cost / count for cost in costs])
        base = [ours.run(self.many_channels(programs[1], 0), says=said(0)).cpu for _ in range(repeats + 1)][1:]
        for count in (1, 10, 100) if self.options.quick else (1, 10, 100, 1000):
            command = self.many_channels(programs[1], count)
            costs = [ours.run(command, says=said(count)).cpu for _ in range(repeats)]
            self.row(
                f"{count} channels of one", "ms each", [1e3 * (cost - statistics.median(base)) / count for cost in costs]
            )

    def program(self, name):
        path = self.options.programs and os.path.join(self.options.programs, name)
        if not path or not os.path.exists(path):
            self.leave_out(name, "it was not built: FAIRLEAD_TOOL names another client than the one built here")
            return None
        return path

    def many_logins(self, program, count, command, port=None):
        port = port or self.server.port
        return [program, str(count), *self.place(port), command, *[f"127.0.0.1:{port}"] * count]

    def many_channels(self, program, count):
        return [program, str(count), *self.place(self.server.port), "127.0.0.1", str(self.server.port), "true"]

    def place(self, port):
        """User, key and known hosts, as our programs want them."""
        known = self.clients[0].known_hosts(port)
        return [getpass.getuser(), str(self.server.folder / "key"), str(known)]


def said(count):
    """What our programs say at their end."""
    return f"{count} of {count} succeeded"


def figure(value):
    return "-" if value is None else f"{value:.3f}"


def main():
    parser = argparse.ArgumentParser(prog="Scripts/bench", description=__doc__)
    parser.add_argument("--tool", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--programs", help=argparse.SUPPRESS)
    parser.add_argument("--peer", default=shutil.which("ssh"), metavar="PATH", help="the client to compare with")
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="runs of each client, after one uncounted")
    parser.add_argument("--bytes", type=int, metavar="N", help="size of a transfer; 512 MiB, or 64 MiB with --quick")
    parser.add_argument("--only", action="append", choices=TITLES, metavar="SECTION", help=", ".join(TITLES))
    parser.add_argument("--quick", action="store_true", help="smaller transfers; less than two minutes")
    parser.add_argument(
        "--json", nargs="?", const="-", metavar="FILE", help="write the figures there; alone, to standard output"
    )
    options = parser.parse_args()
    options.is_small = options.quick or options.bytes is not None
    if options.bytes is None:
        options.bytes = (64 if options.quick else 512) << 20

    # Whatever ends us, the server and its folder go too.
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    figures = sys.stdout
    if options.json == "-":
        sys.stdout = sys.stderr
    bench, facts = measure(options)
    lines, is_passed = goals.verdicts(bench.rows)
    if lines:
        print("\ngoals\n" + "\n".join(lines))
    if options.json:
        result = {
            "machine": facts,
            "pairs": options.pairs,
            "bytes": options.bytes,
            "rows": bench.rows,
            "left out": bench.left_out,
            "goals reached": is_passed,
        }
        text = json.dumps(result, indent=2) + "\n"
        figures.write(text) if options.json == "-" else pathlib.Path(options.json).write_text(text)
    # A word of its own, so that who only wants figures can tell it from a failure.
    return 0 if is_passed else 3


def measure(options):
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fairlead-bench.")))
        server = Server(folder)
        stack.callback(server.stop)
        ours = Client("fairlead", os.path.abspath(options.tool), server)
        dropbear = shutil.which("dbclient")
        third = Dropbear(dropbear, server) if dropbear and shutil.which("dropbearconvert") else None
        bench = Bench(options, ours, Client("ssh", options.peer, server), third, server)
        facts = machine.facts(options.peer)
        if third:
            facts["dbclient"] = machine.said([third.path, "-V"])
        print("\n".join(f"{name}: {value}" for name, value in facts.items()))
        for section in options.only or TITLES:
            bench.section = section
            getattr(bench, section)()
        facts["load afterwards"] = machine.load()
        print(f"\nload afterwards: {facts['load afterwards']}")
    return bench, facts


if __name__ == "__main__":
    sys.exit(main())
