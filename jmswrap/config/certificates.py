"""How the file names a caller's certificate: by fingerprint or by subject, in one form each.

A fingerprint is ``sha256:`` and 64 hexadecimal digits, colons allowed. A subject is
written as RFC 4514 has it (``CN=ccb,O=Utility``) or the other way round; both mean the
same. Two spellings of one certificate have one normal form, which is what is compared.
"""

import re

FINGERPRINT = "sha256:"

_SHORT = {
    "commonName": "CN",
    "countryName": "C",
    "domainComponent": "DC",
    "emailAddress": "EMAILADDRESS",
    "localityName": "L",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "serialNumber": "SERIALNUMBER",
    "stateOrProvinceName": "ST",
    "streetAddress": "STREET",
    "userId": "UID",
}
_PART = re.compile(r"\s*([A-Za-z][A-Za-z0-9.-]*)\s*=\s*((?:\\.|[^,\\])*?)\s*(?:,|$)")

Names = tuple[tuple[str, str], ...]
"""Attribute types and values."""


def normal(written: str) -> str:
    """Return the one form of what the file says; empty when it names no certificate."""
    text = written.strip()
    if text.lower().startswith(FINGERPRINT):
        digits = text[len(FINGERPRINT) :].replace(":", "").replace(" ", "").lower()
        return f"{FINGERPRINT}{digits}" if re.fullmatch(r"[0-9a-f]{64}", digits) else ""
    names = _parsed(text)
    return subject(names) if names else ""


def subject(names: Names) -> str:
    """Return the one form of a subject, whichever end it was written from; types in either length."""
    parts = [f"{_SHORT.get(kind, kind).upper()}={_escaped(value)}" for kind, value in names]
    # Which end comes first is a habit of tools: the lesser of both orders stands for both.
    return min(",".join(parts), ",".join(reversed(parts)))


def _parsed(text: str) -> Names:
    names, place = [], 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            return ()
        names.append((found.group(1), re.sub(r"\\(.)", r"\1", found.group(2))))
        place = found.end()
    return tuple(names)


def _escaped(value: str) -> str:
    return re.sub(r"([,\\=])", r"\\\1", value)
