"""An AsyncSSH server for tests: runs commands with a shell, byte-clean. The only argument is a JSON file:

    port, public_keys (a file to write `type base64` lines of the host keys to), host_keys (private key files),
    generated_host_keys (types that ssh-keygen does not make), authorized_keys (a file);
    and, where not null: kex, ciphers, macs, compressions, host_key_algorithms (lists of names, in their order),
    password, version, rekey_bytes, group_sizes (bits that group exchange may choose from),
    rounds (of keyboard-interactive: name, instruction, prompts as [text, echoes], answers; wrong ones fail the method),
    password_change (prompt, refused: new passwords that are too weak; after that the new one counts),
    steps (lists of methods that let in when all of one list succeeded, in its order);
    bare (true: no extension and no strict key exchange is announced, and a bare LF ends the identification).
"""

import asyncio
import copy
import json
import signal
import sys

import asyncssh
import asyncssh.connection
import asyncssh.kex_dh


class Connection(asyncssh.connection.SSHServerConnection):
    """Offers the host keys' algorithms that it is told to, and lets in after the steps that it is told to."""

    host_key_algorithms = None
    steps = None

    def __init__(self, *arguments, **named):
        super().__init__(*arguments, **named)
        if self.host_key_algorithms is not None:
            keys = self._server_host_keys
            self._server_host_keys = {name.encode(): keys[name.encode()] for name in self.host_key_algorithms}
            self._server_host_key_algs = list(self._server_host_keys)
        self.steps_done = []

    def is_next(self, method):
        done = self.steps_done
        return self.steps is None or any(list_[: len(done) + 1] == done + [method] for list_ in self.steps)

    def public_key_auth_supported(self):
        return self.is_next("publickey") and super().public_key_auth_supported()

    def password_auth_supported(self):
        return self.is_next("password") and super().password_auth_supported()

    def kbdint_auth_supported(self):
        return self.is_next("keyboard-interactive") and super().kbdint_auth_supported()

    async def send_userauth_success(self):
        if self.steps is not None:
            kinds = {"PublicKey": "publickey", "Password": "password", "KbdInt": "keyboard-interactive"}
            self.steps_done.append(kinds[type(self._auth).__name__.removeprefix("_Server").removesuffix("Auth")])
            if self.steps_done not in self.steps:
                return self.send_userauth_failure(True)
        await super().send_userauth_success()

    # Connections at the same time may want different signatures of one RSA key, which has room for one wish.
    def choose_server_host_key(self, algorithms):
        keys = self._server_host_keys
        self._server_host_keys = {name: copy.copy(key) for name, key in keys.items()}
        return super().choose_server_host_key(algorithms)


class BareConnection(Connection):
    """What old devices do, and AsyncSSH does not: neither extension is announced, so neither may come into force."""

    _strict_kex = property(lambda self: False, lambda self, value: None)
    _can_send_ext_info = property(lambda self: False, lambda self, value: None)

    def _get_extra_kex_algs(self):
        return []

    def _send(self, data):
        super()._send(data.replace(b"\r\n", b"\n") if data.startswith(b"SSH-") else data)


class Server(asyncssh.SSHServer):
    # The one that a change put in the first one's place.
    changed_password = None

    def __init__(self, plan):
        self.password = Server.changed_password or plan.get("password")
        self.change = plan.get("password_change") if Server.changed_password is None else None
        self.rounds = plan.get("rounds")
        self.round = 0

    def password_auth_supported(self):
        return self.password is not None

    def validate_password(self, username, password):
        if password == self.password and self.change is not None:
            raise asyncssh.PasswordChangeRequired(self.change["prompt"], "")
        return password == self.password

    def change_password(self, username, old_password, new_password):
        if old_password != self.password:
            return False
        if new_password in self.change["refused"]:
            raise asyncssh.PasswordChangeRequired("Too weak. " + self.change["prompt"], "")
        Server.changed_password = new_password
        return True

    def kbdint_auth_supported(self):
        return NotImplemented if self.rounds is None else True

    def get_kbdint_challenge(self, username, lang, submethods):
        self.round = 0
        return self.challenge()

    def validate_kbdint_response(self, username, responses):
        if list(responses) != self.rounds[self.round]["answers"]:
            return False
        self.round += 1
        return True if self.round == len(self.rounds) else self.challenge()

    def challenge(self):
        this = self.rounds[self.round]
        return this["name"], this["instruction"], "", [tuple(prompt) for prompt in this["prompts"]]


async def pump(reader, writer):
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def feed(reader, child):
    """Gives the client's bytes to the program, and its signals too."""
    while True:
        try:
            await pump(reader, child.stdin)
            break
        except asyncssh.SignalReceived as received:
            child.send_signal(getattr(signal, "SIG" + received.signal, signal.SIGTERM))
        except (BrokenPipeError, ConnectionResetError):
            break
    child.stdin.close()


async def serve(process):
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", process.command or "exec /bin/sh", stdin=pipe, stdout=pipe, stderr=pipe
    )
    feeding = asyncio.create_task(feed(process.stdin, child))
    await asyncio.gather(pump(child.stdout, process.stdout), pump(child.stderr, process.stderr))
    status = await child.wait()
    feeding.cancel()
    if status < 0:
        process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
    else:
        process.exit(status)


def options_of(plan):
    keys = [asyncssh.read_private_key(path) for path in plan["host_keys"]]
    keys += [asyncssh.generate_private_key(kind) for kind in plan["generated_host_keys"]]
    with open(plan["public_keys"], "wb") as file:
        for key in keys:
            file.write(key.export_public_key().rstrip() + b"\n")
    names = {
        "kex_algs": "kex",
        "encryption_algs": "ciphers",
        "mac_algs": "macs",
        "compression_algs": "compressions",
        "server_version": "version",
        "rekey_bytes": "rekey_bytes",
    }
    given = {name: plan[key] for name, key in names.items() if plan.get(key) is not None}
    # As text, so that a list of `*` is everything that AsyncSSH knows.
    given = {name: ",".join(value) if isinstance(value, list) else value for name, value in given.items()}
    return asyncssh.SSHServerConnectionOptions(
        server_factory=lambda: Server(plan),
        server_host_keys=keys,
        authorized_client_keys=plan["authorized_keys"],
        process_factory=serve,
        encoding=None,
        login_timeout=600,
        **given,
    )


async def main():
    with open(sys.argv[1]) as file:
        plan = json.load(file)
    asyncssh.set_log_level("DEBUG")
    Connection.host_key_algorithms = plan.get("host_key_algorithms")
    Connection.steps = plan.get("steps")
    asyncssh.connection.SSHServerConnection = BareConnection if plan.get("bare") else Connection
    if plan.get("group_sizes") is not None:
        groups = asyncssh.kex_dh._dh_gex_groups
        asyncssh.kex_dh._dh_gex_groups = [group for group in groups if group[0] in plan["group_sizes"]]
    await asyncssh.listen("127.0.0.1", plan["port"], options=options_of(plan), backlog=200)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import logging

    logging.basicConfig(level=logging.DEBUG, format="%(message)s")
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    asyncio.run(main())
