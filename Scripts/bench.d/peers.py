"""What is measured against what: an sshd of our own, and the two clients that log in to it alike."""

import contextlib
import getpass
import json
import os
import pathlib
import pty
import random
import shutil
import socket
import subprocess
import termios
import time
from dataclasses import dataclass


class Server:
    """sshd on a free port of loopback, with one host key and one user key, all of it in `folder`."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        for name in ("host", "key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"bench {name}", "-f", self.folder / name],
                check=True,
            )
        shutil.copy(self.folder / "key.pub", self.folder / "authorized_keys")
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(exist_ok=True)
        self.processes = []
        self.port = self.listen()

    def listen(self, *lines):
        """One more sshd with the same keys, and these lines in its configuration; gives its port."""
        for _ in range(10):
            port = random.randint(20000, 32000)
            if self.start(port, lines):
                return port
        raise SystemExit("sshd did not start:\n" + (self.folder / f"log.{port}").read_text())

    def start(self, port, more):
        lines = [
            *more,
            f"Port {port}",
            "ListenAddress 127.0.0.1",
            "PidFile none",
            f"HostKey {self.folder / 'host'}",
            f"AuthorizedKeysFile {self.folder / 'authorized_keys'}",
            "AuthenticationMethods publickey",
            "PermitRootLogin yes",
            "StrictModes no",
            "UsePAM no",
            "PrintMotd no",
            "PermitUserRC no",
            "UseDNS no",
            "MaxStartups 500:30:1000",
            "MaxSessions 2000",
        ]
        told, said = self.folder / f"sshd_config.{port}", self.folder / f"log.{port}"
        told.write_text("\n".join(lines) + "\n")
        program = shutil.which("sshd") or "/usr/sbin/sshd"
        with open(said, "w") as log:
            process = subprocess.Popen([program, "-D", "-e", "-f", told], stdin=subprocess.DEVNULL, stderr=log)
        self.processes.append(process)
        for _ in range(100):
            if "Server listening" in said.read_text():
                return True
            if process.poll() is not None:
                return False
            time.sleep(0.05)
        return False

    def locked_key(self, passphrase, rounds):
        """The user's key once more, behind a passphrase that bcrypt-pbkdf stretches in so many rounds."""
        path = self.folder / f"key.{rounds}"
        shutil.copy(self.folder / "key", path)
        subprocess.run(
            ["ssh-keygen", "-q", "-p", "-a", str(rounds), "-P", "", "-N", passphrase, "-f", path],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return path

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait()


@dataclass
class Run:
    """What one run of a client cost."""

    wall: float
    cpu: float


class Client:
    """One client program; both get the same arguments, and nothing of the user's own files."""

    def __init__(self, name, path, server):
        self.name = name
        self.path = path
        self.server = server
        self.environment = {
            "HOME": str(server.folder),
            "XDG_STATE_HOME": str(server.folder / f"state.{name}"),
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LC_ALL": "C",
        }

    def known_hosts(self, port, is_new=False):
        """Its file, with the server's key under that port, or without anything that is known of it."""
        path = self.server.folder / f"known_hosts.{port}"
        if is_new:
            path.unlink(missing_ok=True)
            shutil.rmtree(self.environment["XDG_STATE_HOME"], ignore_errors=True)
        elif not path.exists():
            key = (self.server.folder / "host.pub").read_text().split()
            path.write_text(f"[127.0.0.1]:{port} {key[0]} {key[1]}\n")
        return path

    def arguments(self, command, options=(), port=None, is_new=False):
        folder = self.server.folder
        given = [
            "BatchMode=yes",
            "IdentitiesOnly=yes",
            f"UserKnownHostsFile={self.known_hosts(port or self.server.port, is_new)}",
            "GlobalKnownHostsFile=/dev/null",
            f"StrictHostKeyChecking={'accept-new' if is_new else 'yes'}",
            "LogLevel=ERROR",
            *options,
        ]
        if not any(option.startswith("KexAlgorithms=") for option in options):
            given.append("KexAlgorithms=curve25519-sha256")
        arguments = [self.path, "-F", "none", "-p", str(port or self.server.port), "-i", str(folder / "key")]
        for option in given:
            arguments += ["-o", option]
        return arguments + [f"{getpass.getuser()}@127.0.0.1", command]

    def log_in(self, command, options=(), source=None, port=None, is_new=False):
        return self.run(self.arguments(command, options, port, is_new), source)

    def run(self, arguments, source=None, says=None):
        """Runs it to its end; standard input comes from the file `source`, output goes to /dev/null, unless it is to be
        the line `says`."""
        output = self.server.folder / "output" if says else "/dev/null"
        with (
            open(source or "/dev/null", "rb") as given,
            open(self.server.folder / "errors", "w+") as errors,
            open(output, "w") as shown,
        ):
            started = time.monotonic()
            process = subprocess.Popen(
                arguments, stdin=given, stdout=shown, stderr=errors, env=self.environment
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                errors.seek(0)
                raise SystemExit(f"{' '.join(map(str, arguments))}\nended with {process.returncode}:\n{errors.read()}")
        if says and output.read_text() != says + "\n":
            raise SystemExit(f"{' '.join(map(str, arguments))}\nsaid, not {says}:\n{output.read_text()}")
        return Run(wall, usage.ru_utime + usage.ru_stime)

    def log_in_typing(self, key, passphrase, options=()):
        """The CPU time of a login with a locked key, whose passphrase is typed on a terminal."""
        arguments = ["BatchMode=no" if word == "BatchMode=yes" else word for word in self.arguments("true", options)]
        arguments[arguments.index("-i") + 1] = str(key)
        process, terminal = pty.fork()
        if process == 0:
            os.execve(self.path, arguments, self.environment)
        shown, typed = b"", False
        # The end of a terminal is an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(terminal, 4096):
                shown += chunk
                if typed or b"passphrase" not in shown:
                    continue
                while termios.tcgetattr(terminal)[3] & termios.ECHO:
                    time.sleep(0.01)
                os.write(terminal, passphrase.encode() + b"\n")
                typed = True
        _, status, usage = os.wait4(process, 0)
        os.close(terminal)
        if status != 0 or not typed:
            raise SystemExit(f"{' '.join(map(str, arguments))}\nended with {status}:\n{shown.decode(errors='replace')}")
        return usage.ru_utime + usage.ru_stime

    def peak_memory(self, command):
        """The largest resident set, in bytes, up to the remote command's last moments, in which it does nothing."""
        process = subprocess.Popen(
            self.arguments(command + "; sleep 0.5"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        peak = 0
        while process.poll() is None:
            peak = max(peak, high_water(process.pid))
            time.sleep(0.02)
        if process.returncode != 0:
            raise SystemExit(f"{self.name} ended with {process.returncode}")
        return peak


class Dropbear(Client):
    """dbclient, which has its own formats: a key, and one file of known hosts in its home."""

    # What it can do of ours; elsewhere it may choose. GCM it has not.
    CIPHERS = {"Ciphers=chacha20-poly1305@openssh.com": "chacha20-poly1305@openssh.com"}

    def __init__(self, path, server):
        super().__init__("dbclient", path, server)
        self.key = server.folder / "key.dropbear"
        subprocess.run(
            ["dropbearconvert", "openssh", "dropbear", server.folder / "key", self.key],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def arguments(self, command, options=(), port=None, is_new=False):
        known = self.server.folder / ".ssh" / "known_hosts"
        if is_new:
            known.unlink(missing_ok=True)
        known.parent.mkdir(mode=0o700, exist_ok=True)
        cipher = [word for option in options for word in ("-c", self.CIPHERS.get(option)) if option in self.CIPHERS]
        place = ["-p", str(port or self.server.port), "-l", getpass.getuser(), "127.0.0.1"]
        # A key that it does not know is accepted, and known from then on.
        return [self.path, "-T", "-y", "-i", str(self.key), *cipher, *place, command]


class AsyncSSH:
    """AsyncSSH's server with the same keys, for a key exchange that sshd may lack; `with` gives its port."""

    PROGRAM = pathlib.Path(__file__).parent.parent.parent / "Tests/Support/AsyncSSH/server.py"

    def __init__(self, python, server, exchanges):
        folder = server.folder
        self.port = random.randint(20000, 32000)
        told = {
            "port": self.port,
            "public_keys": str(folder / "asyncssh.pub"),
            "host_keys": [str(folder / "host")],
            "generated_host_keys": [],
            "authorized_keys": str(folder / "authorized_keys"),
            "kex": exchanges,
        }
        self.command = [python, str(self.PROGRAM), str(folder / "asyncssh.json")]
        (folder / "asyncssh.json").write_text(json.dumps(told))

    def __enter__(self):
        nothing = subprocess.DEVNULL
        self.process = subprocess.Popen(self.command, stdin=nothing, stdout=nothing, stderr=nothing)
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self.port
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise SystemExit("AsyncSSH's server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def high_water(identifier):
    """The kernel's own count. (The one of `wait4` begins with the size of whoever started the program.)"""
    try:
        for line in pathlib.Path(f"/proc/{identifier}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0
