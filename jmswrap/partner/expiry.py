"""When a certificate expires, read from its DER; the standard library tells it of authorities only."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

_VERSION = 0xA0
_UTC_TIME = 0x17
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def expires(path: Path) -> datetime | None:
    """Return when the first certificate of a PEM file expires; None when it holds none that can be read."""
    try:
        inside = path.read_text("ascii").partition(_BEGIN)[2].partition(_END)[0]
        der = ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{inside}{_END}")
        return _not_after(der)
    except (OSError, ValueError, IndexError):
        return None


def _not_after(der: bytes) -> datetime:
    """Follow RFC 5280 §4.1: Certificate, TBSCertificate, its Validity, the second time."""
    _, certificate, _ = _item(der)
    _, to_be_signed, _ = _item(certificate)
    kind, _, rest = _item(to_be_signed)
    fields = rest if kind == _VERSION else to_be_signed
    for _ in ("serialNumber", "signature", "issuer"):
        _, _, fields = _item(fields)
    _, validity, _ = _item(fields)
    _, _, second = _item(validity)
    kind, text, _ = _item(second)
    form = "%y%m%d%H%M%SZ" if kind == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)


def _item(der: bytes) -> tuple[int, bytes, bytes]:
    """Return an item's tag, its content and what follows it."""
    tag, length, start = der[0], der[1], 2
    if length >= 0x80:
        start = 2 + (length & 0x7F)
        length = int.from_bytes(der[2:start])
    return tag, der[start : start + length], der[start + length :]
