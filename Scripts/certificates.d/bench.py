"""The keys, the certificates, and for each connection an sshd of its own."""

import dataclasses
import getpass
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading

ALIAS = "host.example"


@dataclasses.dataclass
class Outcome:
    verdict: str
    log: str


class Bench:
    """Every key is made once; a case has a folder for what is its own."""

    KEYS = {
        "ca": "ed25519", "ca-rsa": "rsa", "ca-ecdsa": "ecdsa", "stranger": "ed25519",
        "host": "ed25519", "host-rsa": "rsa", "host-256": "ecdsa", "host-384": "ecdsa", "host-521": "ecdsa",
        "user": "ed25519", "user-rsa": "rsa", "user-256": "ecdsa", "user-384": "ecdsa", "user-521": "ecdsa",
        "other": "ed25519",
    }

    def __init__(self, folder):
        self.folder = folder
        self.user = getpass.getuser()
        for name, kind in self.KEYS.items():
            bits = name[-3:] if name[-3:].isdigit() else {"rsa": "2048"}.get(kind)
            size = ["-b", bits] if bits else []
            run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-C", name, "-f", folder / name)
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.newer = self.lines_of_newer_servers()

    def public(self, name):
        return " ".join((self.folder / f"{name}.pub").read_text().split()[:2])

    def outcome(self, case, client):
        """What comes of one connection by one client."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        (folder / "home").mkdir()
        place = Place(self, folder)
        case.prepare(place)
        with Listener(self.configure(place), folder / "server.log") as listener:
            # Names of the host may need the port.
            place.write("known_hosts", place.known.format(port=listener.port, **place.names))
            result = subprocess.run(
                [client, *self.arguments(place, listener.port)], capture_output=True, text=True, timeout=60,
                stdin=subprocess.DEVNULL, cwd=folder,
                env={"HOME": str(folder / "home"), "PATH": os.environ["PATH"], "LC_ALL": "C"})
        log = (folder / "server.log").read_text(errors="replace")
        return Outcome(self.verdict(case, result, log), result.stderr)

    def verdict(self, case, result, log):
        if result.returncode != 0:
            return "refused"
        if case.kind == "host":
            return "accepted" if result.stdout == "asked\n" else "strange"
        accepted = [line for line in log.splitlines() if line.startswith("Accepted ")]
        way = "certificate" if accepted and "-CERT " in accepted[-1] else "plain key"
        return way + {"asked\n": "", "forced\n": ", forced command"}.get(result.stdout, ", strange")

    def configure(self, place):
        lines = place.server_lines + [
            f"HostKey {self.folder / place.host_key}", "StrictModes no", "UsePAM no", "PermitRootLogin yes",
            "LogLevel VERBOSE", "PrintMotd no", "PermitUserRC no", "UseDNS no", "PasswordAuthentication no",
            "KbdInteractiveAuthentication no", "MaxAuthTries 20", f"SetEnv HOME={place.folder / 'home'}",
            f"AuthorizedKeysFile {place.write('authorized_keys', place.authorized.format(**place.names))}",
        ]
        return place.write("sshd_config", "\n".join(lines + self.newer) + "\n")

    def arguments(self, place, port):
        options = {
            "HostKeyAlias": ALIAS, "StrictHostKeyChecking": "yes", "UserKnownHostsFile": place.folder / "known_hosts",
            "GlobalKnownHostsFile": "/dev/null", "IdentitiesOnly": "yes", "IdentityAgent": "none", "BatchMode": "yes",
            "UpdateHostKeys": "no", "CheckHostIP": "no", **place.options,
        }
        words = ["-F", "none", "-p", str(port), "-i", str(place.identity)]
        for keyword, value in options.items():
            if value is not None:
                words += ["-o", f"{keyword}={value}"]
        return [*words, f"{self.user}@{place.address}", "echo asked"]

    def lines_of_newer_servers(self):
        """From 9.8 on sshd shuts out addresses whose logins failed; older ones refuse the word."""
        path = self.folder / "probe"
        path.write_text(f"HostKey {self.folder / 'host'}\nPerSourcePenalties no\n")
        known = subprocess.run([sshd(), "-t", "-f", path], capture_output=True).returncode == 0
        return ["PerSourcePenalties no"] if known else []


class Place:
    """What a case sets up, for one connection."""

    def __init__(self, bench, folder):
        self.bench = bench
        self.folder = folder
        self.address = "127.0.0.1"
        self.host_key = "host"
        self.server_lines = []
        self.names = {"alias": ALIAS, "ca": bench.public("ca"), "other": bench.public("other")}
        self.names["host"], self.names["user"] = bench.public("host"), bench.public("user")
        self.authorized = "{user}\n"
        self.known = "{alias} {host}\n"
        self.identity = bench.folder / "user"
        self.options = {}

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def sign(self, key, by, *arguments):
        """A copy of the key's files in the folder, with a certificate beside them; the private file's path."""
        for suffix in ("", ".pub"):
            shutil.copy(self.bench.folder / f"{key}{suffix}", self.folder / f"{key}{suffix}")
        run("ssh-keygen", "-q", "-s", self.bench.folder / by, "-I", "an identity", *arguments,
            self.folder / f"{key}.pub")
        return self.folder / key

    def revocations(self, *lines, by=None):
        """A binary list that ssh-keygen makes of a specification."""
        specification = self.write("specification", "\n".join(lines) + "\n")
        authority = ["-s", self.bench.folder / f"{by}.pub"] if by else []
        run("ssh-keygen", "-q", "-k", "-f", self.folder / "krl", *authority, specification)
        return self.folder / "krl"


class Listener:
    """A port of loopback; who connects there gets an sshd."""

    def __init__(self, configuration, log):
        self.command = [sshd(), "-i", "-e", "-f", str(configuration)]
        self.log = open(log, "w")
        self.servers = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                self.servers.append(subprocess.Popen(
                    self.command, stdin=connection, stdout=connection, stderr=self.log))

    def __exit__(self, *_):
        # Closing alone does not wake a thread that waits in accept.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()
        for server in self.servers:
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        self.log.close()


def sshd():
    return shutil.which("sshd") or "/usr/sbin/sshd"


def run(*words):
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}: {result.stderr}")
