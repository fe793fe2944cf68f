"""The Lua scripts, read from the package and put together from their parts.

A script's second line names the parts it needs (``-- with: record queue``); they are the
files that begin with an underscore.
"""

import functools
import hashlib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Script:
    """A script as the server gets it."""

    name: str
    text: str
    sha: str


NAMES = (
    "accept",
    "claim",
    "leave",
    "mark_sending",
    "mark_replied",
    "settle",
    "renew",
    "sweep",
    "abandon",
    "operate",
    "pause",
    "depart",
    "lead",
    "erase",
    "doubtful",
    "found",
    "enter",
    "exit",
    "attend",
    "restored",
    "reseal",
    "seal",
    "reanswer",
)
"""Every script there is."""


@functools.cache
def script(name: str) -> Script:
    """Return a script by name; read once a process."""
    shebang, uses, source = _read(name).split("\n", 2)
    if not shebang.startswith("#!lua") or not uses.startswith("-- with: "):
        raise ValueError(f"Script {name}.lua must begin with its #!lua line and its '-- with:' line.")
    parts = [_read(f"_{part}") for part in uses.removeprefix("-- with: ").split()]
    text = "\n".join([shebang, *parts, source])
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


def _read(name: str) -> str:
    return resources.files("jmswrap.store").joinpath("scripts", f"{name}.lua").read_text("utf-8")
