"""What a figure depends on besides the code."""

import os
import pathlib
import platform
import subprocess

# The instructions that decide how fast ciphers and digests are.
INSTRUCTIONS = ["aes", "pclmulqdq", "vaes", "vpclmulqdq", "avx2", "avx512f", "sha_ni", "sha1", "sha2", "pmull"]


def facts(peer):
    lines = processor()
    flags = (lines.get("flags") or lines.get("Features") or "").split()
    return {
        "machine": f"{os.cpu_count()} cores, {lines.get('model name', platform.processor() or platform.machine())}",
        "instructions": " ".join(flag for flag in INSTRUCTIONS if flag in flags),
        "system": f"{platform.system()} {platform.release()}",
        "peer": said([peer, "-V"]),
        "libcrypto": said(["openssl", "version"]),
        "revision": revision(),
        "load before": load(),
    }


def revision():
    """What was built; of a tool from elsewhere nothing is known."""
    if os.environ.get("FAIRLEAD_TOOL"):
        return "unknown (FAIRLEAD_TOOL)"
    return said(["git", "-C", str(pathlib.Path(__file__).parent), "describe", "--always", "--dirty"])


def load():
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def processor():
    """The first processor's lines of /proc/cpuinfo."""
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text().split("\n\n")[0]
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in text.splitlines())}


def said(command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return (result.stdout + result.stderr).strip() or "unknown"
