"""The cases, and the reasons where OpenSSH 9.2 and we part."""

import dataclasses
import typing

from bench import ALIAS

DIFFERENCES = {
    "principal with a wildcard": "patterns count since OpenSSH 10.3",
    "no principals": "nobody's since OpenSSH 10.3; before, every host's",
    "RSA authority under RequiredRSASize": "the bound holds for authorities too",
    "good, among the plain keys too": "a key's certificate is offered before the key",
}

PAST = "20200101:20210101"
FUTURE = "20980101:20990101"


@dataclasses.dataclass
class Case:
    kind: str
    name: str
    prepare: typing.Callable


CASES = []


def case(kind, name):
    def add(prepare):
        CASES.append(Case(kind, name, prepare))
        return prepare

    return add


# Hosts


def host(name, *arguments, key="host", by="ca", known=None, options=None, then=None):
    """A host's certificate, signed with `-h`; `known` is what known_hosts says."""

    def prepare(place):
        place.host_key = key
        path = place.sign(key, by, *(["-h"] if "-u" not in arguments else []), *[a for a in arguments if a != "-u"])
        place.server_lines.append(f"HostCertificate {path}-cert.pub")
        place.known = known if known is not None else "@cert-authority * {ca}\n"
        place.names.update(ca=place.bench.public(by), key=place.bench.public(key))
        place.options.update(options or {})
        if then:
            then(place)

    CASES.append(Case("host", name, prepare))


def option(keyword, make):
    """Sets an option to a value that is made in the place."""
    return lambda place: place.options.update({keyword: make(place)})


GOOD = ("-n", ALIAS)
OTHER = "@cert-authority * {ca}\n{alias} {other}\n"
KNOWN = "@cert-authority * {ca}\n{alias} {key}\n"

host("good", *GOOD)
host("good, of an RSA key", *GOOD, key="host-rsa")
host("good, of an RSA key, signing with SHA-256", *GOOD, key="host-rsa",
     options={"HostKeyAlgorithms": "rsa-sha2-256-cert-v01@openssh.com"})
for bits in ("256", "384", "521"):
    host(f"good, of an ECDSA key of {bits} bits", *GOOD, key=f"host-{bits}")
host("good, by an RSA authority", *GOOD, by="ca-rsa")
host("good, by an ECDSA authority", *GOOD, by="ca-ecdsa")
host("one of several principals", "-n", f"a.example,{ALIAS},b.example")
host("expired", *GOOD, "-V", PAST)
host("not yet valid", *GOOD, "-V", FUTURE)
host("another principal", "-n", "other.example")
host("principal with a wildcard", "-n", "*.example")
host("principal with a wildcard for others", "-n", "*.example.org")
host("no principals")
host("principal in upper case", "-n", ALIAS.upper())
host("alias in upper case", *GOOD, options={"HostKeyAlias": ALIAS.upper()})
host("a user's certificate", *GOOD, "-u")
host("unknown critical option", *GOOD, "-O", "critical:new@example=1")
host("unknown extension", *GOOD, "-O", "extension:new@example=1")
host("by an RSA authority with SHA-1", *GOOD, "-t", "ssh-rsa", by="ca-rsa")
host("by an RSA authority with SHA-1, which CASignatureAlgorithms permits", *GOOD, "-t", "ssh-rsa", by="ca-rsa",
     options={"CASignatureAlgorithms": "+ssh-rsa"})
host("by an algorithm that CASignatureAlgorithms leaves out", *GOOD, options={"CASignatureAlgorithms": "rsa-sha2-512"})
host("RSA key under RequiredRSASize", *GOOD, key="host-rsa", options={"RequiredRSASize": "3072"})
host("RSA authority under RequiredRSASize", *GOOD, by="ca-rsa", options={"RequiredRSASize": "3072"})
host("by a stranger, host not known", *GOOD, known="")
host("by a stranger, key known", *GOOD, known="{alias} {key}\n")
host("by another authority than the known one", *GOOD, by="stranger", known="@cert-authority * {other}\n")
host("authority of other hosts", *GOOD, known="@cert-authority *.example.org {ca}\n")
host("authority of this host by its name", *GOOD, known="@cert-authority {alias} {ca}\n")
host("authority of all but this alias", *GOOD, known="@cert-authority *,!{alias} {ca}\n")
host("by a stranger, another key on record for the alias, accept-new", *GOOD, known="{alias} {other}\n",
     options={"StrictHostKeyChecking": "accept-new"})
host("authority in a plain line", *GOOD, known="{alias} {ca}\n")
host("authority revoked by @revoked", *GOOD, known="@cert-authority * {ca}\n@revoked * {ca}\n")
host("key revoked by @revoked", *GOOD, known="@cert-authority * {ca}\n@revoked * {key}\n")
host("key revoked by @revoked, and known", *GOOD, known=KNOWN + "@revoked * {key}\n")
host("key revoked by @revoked for other hosts", *GOOD, known="@cert-authority * {ca}\n@revoked *.example.org {key}\n")
host("good, and another key on record", *GOOD, known=OTHER)
host("expired, and another key on record", *GOOD, "-V", PAST, known=OTHER)
host("expired, and the key on record", *GOOD, "-V", PAST, known=KNOWN)
host("expired, accept-new", *GOOD, "-V", PAST, options={"StrictHostKeyChecking": "accept-new"})
host("expired, no checking", *GOOD, "-V", PAST, options={"StrictHostKeyChecking": "no"})
host("expired, no checking, and another key on record", *GOOD, "-V", PAST, options={"StrictHostKeyChecking": "no"}, known=OTHER)
host("no certificates among HostKeyAlgorithms, key known", *GOOD, known=KNOWN,
     options={"HostKeyAlgorithms": "ssh-ed25519"})
host("no certificates among HostKeyAlgorithms, authority known", *GOOD, options={"HostKeyAlgorithms": "ssh-ed25519"})
host("key revoked in a list", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.revocations("key: " + place.bench.public("host"))))
host("key revoked by its hash", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.revocations("sha256: " + place.bench.public("host"))))
host("key revoked in plain lines", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.write("revoked", place.bench.public("host") + "\n")))
host("authority revoked in a list", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.revocations("key: " + place.bench.public("ca"))))
host("authority revoked in plain lines", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.write("revoked", place.bench.public("ca") + "\n")))
host("serial revoked", *GOOD, "-z", "7",
     then=option("RevokedHostKeys", lambda place: place.revocations("serial: 5-9", by="ca")))
host("serial revoked, and the key on record", *GOOD, "-z", "7", known=KNOWN,
     then=option("RevokedHostKeys", lambda place: place.revocations("serial: 5-9", by="ca")))
host("another serial revoked", *GOOD, "-z", "7",
     then=option("RevokedHostKeys", lambda place: place.revocations("serial: 8-9", by="ca")))
host("serial revoked of another authority", *GOOD, "-z", "7",
     then=option("RevokedHostKeys", lambda place: place.revocations("serial: 5-9", by="stranger")))
host("identity revoked", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.revocations("id: an identity", by="ca")))
host("list of revocations damaged", *GOOD,
     then=option("RevokedHostKeys", lambda place: place.write("revoked", "no key\n")))
host("list of revocations missing", *GOOD, then=option("RevokedHostKeys", lambda place: place.folder / "missing"))


def without_alias(known, principal="localhost"):
    def prepare(place):
        path = place.sign("host", "ca", "-h", "-n", principal)
        place.server_lines.append(f"HostCertificate {path}-cert.pub")
        place.known = known
        place.address = "localhost"
        place.options.update(HostKeyAlias=None, AddressFamily="inet")

    return prepare


case("host", "authority of the name with its port")(without_alias("@cert-authority [localhost]:{port} {ca}\n"))
case("host", "authority of the name without its port")(without_alias("@cert-authority localhost {ca}\n"))
case("host", "authority of the name with another port")(without_alias("@cert-authority [localhost]:1 {ca}\n"))
case("host", "authority of all but this host")(without_alias("@cert-authority *,!*localhost* {ca}\n"))
case("host", "authority of all, by its name without an alias")(without_alias("@cert-authority * {ca}\n"))
case("host", "principal with a port")(without_alias("@cert-authority * {ca}\n", principal="[localhost]:22"))


# Users


def user(name, *arguments, key="user", by="ca", trusted="ca", authorized="", server=(), options=None, then=None):
    """A user's certificate beside the key, and a server that trusts an authority."""

    def prepare(place):
        place.identity = place.sign(key, by, *[place.bench.user if a == "ME" else a for a in arguments])
        if trusted:
            place.server_lines.append(f"TrustedUserCAKeys {place.bench.folder / trusted}.pub")
        place.server_lines += server
        place.names["key"] = place.bench.public(key)
        place.authorized = authorized
        place.options.update(options or {})
        if then:
            then(place)

    CASES.append(Case("user", name, prepare))


MINE = ("-n", "ME")

user("good", *MINE)
user("good, of an RSA key", *MINE, key="user-rsa")
user("good, of an RSA key, signing with SHA-256", *MINE, key="user-rsa",
     options={"PubkeyAcceptedAlgorithms": "rsa-sha2-256-cert-v01@openssh.com"})
for bits in ("256", "384", "521"):
    user(f"good, of an ECDSA key of {bits} bits", *MINE, key=f"user-{bits}")
user("good, by an RSA authority", *MINE, by="ca-rsa", trusted="ca-rsa")
user("good, among the plain keys too", *MINE, authorized="{key}\n")
user("expired", *MINE, "-V", PAST)
user("not yet valid", *MINE, "-V", FUTURE)
user("expired, among the plain keys", *MINE, "-V", PAST, authorized="{key}\n")
user("another principal", "-n", "someone-else")
user("principal with a wildcard", "-n", "*")
user("no principals")
user("a host's certificate", *MINE, "-h")
user("unknown critical option", *MINE, "-O", "critical:new@example=1")
user("unknown extension", *MINE, "-O", "extension:new@example=1")
user("forced command", *MINE, "-O", "force-command=echo forced")
user("this source address", *MINE, "-O", "source-address=127.0.0.0/8")
user("another source address", *MINE, "-O", "source-address=192.0.2.0/24")
user("by an RSA authority with SHA-1", *MINE, "-t", "ssh-rsa", by="ca-rsa", trusted="ca-rsa")
user("by an authority that the server does not know", *MINE, trusted="stranger")
user("by an unknown authority, among the plain keys", *MINE, trusted="stranger", authorized="{key}\n")
user("authority in authorized_keys", *MINE, trusted=None, authorized="cert-authority {ca}\n")
user("authority in authorized_keys for other principals", *MINE, trusted=None,
     authorized='cert-authority,principals="someone-else" {ca}\n')
user("authority in authorized_keys for this principal", "-n", "role", trusted=None,
     authorized='cert-authority,principals="role" {ca}\n')


def revoked_by_server(place):
    place.server_lines.append(f"RevokedKeys {place.revocations('serial: 7', by='ca')}")


user("serial revoked by the server", *MINE, "-z", "7", then=revoked_by_server)
user("another serial revoked by the server", *MINE, "-z", "8", then=revoked_by_server)


def beside(change):
    """Changes the certificate's file beside the key."""

    def prepare(place):
        path = place.folder / "user-cert.pub"
        change(place, path)

    return prepare


def elsewhere(place, path):
    place.options["CertificateFile"] = path.rename(place.folder / "elsewhere.pub")


def of_another_key(place, path):
    other = place.sign("other", "ca", "-n", place.bench.user)
    path.write_bytes(other.with_name("other-cert.pub").read_bytes())


user("named by CertificateFile", *MINE, then=beside(elsewhere))
user("of another key, among the plain keys", *MINE, authorized="{key}\n", then=beside(of_another_key))
user("damaged file, among the plain keys", *MINE, authorized="{key}\n",
     then=beside(lambda place, path: path.write_bytes(path.read_bytes()[:200])))
user("missing file, among the plain keys", *MINE, authorized="{key}\n", then=beside(lambda place, path: path.unlink()))
user("missing file", *MINE, then=beside(lambda place, path: path.unlink()))
user("no certificates among PubkeyAcceptedAlgorithms", *MINE, authorized="{key}\n",
     options={"PubkeyAcceptedAlgorithms": "ssh-ed25519"})
