"""The Host field of a request: whether it is there, once, and names a host (RFC 9112 §3.2).

What it names is not used for anything: addresses that are published are configured ones.
"""

import re
from collections.abc import Sequence

_NAME = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
# In brackets an IPv6 address, which some clients write with its zone, or one of a later kind (RFC 3986 §3.2.2).
_LITERAL = r"\[(?:[0-9A-Fa-f:.]+(?:%[A-Za-z0-9._~%-]+)?|[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+)\]"
_HOST = re.compile(rf"(?:{_LITERAL}|{_NAME})(?::\d*)?".encode())


def objection(http_version: str, headers: Sequence[tuple[bytes, bytes]]) -> str:
    """Return why a request is to be answered 400 for its Host, a sentence; empty when it is right."""
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) > 1:
        return "The request has more than one Host header; send one."
    if not hosts:
        return "" if http_version == "1.0" else "The request has no Host header; send the one that HTTP/1.1 asks for."
    if not _HOST.fullmatch(hosts[0]):
        return "The Host header names no host; send a name or an address, with the port after a colon."
    return ""
