"""Receipts as SOAP envelopes, written by hand: a reply must not cost what a parse does.

The element is the one that every published contract declares
(``{urn:jmswrap:receipt:1}AcceptResponse``); a test validates the bytes against it.
"""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from jmswrap.contract.receipt import NAMESPACE
from jmswrap.message import Receipt
from jmswrap.soap.versions import BY_NUMBER, SoapVersion

_FRAMES = {
    number: (
        f'<?xml version="1.0" encoding="utf-8"?>\n<soap:Envelope xmlns:soap="{version.namespace}">',
        f'<soap:Body><AcceptResponse xmlns="{NAMESPACE}"><receipt><messageId>',
    )
    for number, version in BY_NUMBER.items()
}
_TAIL = "</acceptedAt></receipt></AcceptResponse></soap:Body></soap:Envelope>"


def receipt_envelope(receipt: Receipt, version: SoapVersion, blocks: str = "") -> bytes:
    """Return the reply that carries a receipt, with header blocks where the caller wants some."""
    before, after = _FRAMES[version.number]
    header = f"<soap:Header>{blocks}</soap:Header>" if blocks else ""
    correlation = f"<correlationId>{escape(receipt.correlation_id)}</correlationId>" if receipt.correlation_id else ""
    return (
        f"{before}{header}{after}{escape(receipt.message_id)}</messageId>{correlation}"
        f"<status>{receipt.status}</status><acceptedAt>{instant(receipt.accepted_ms)}{_TAIL}"
    ).encode()


def receipt_as(name: str, receipt: Receipt) -> str:
    """Return an element of this (prefixed) name with a receipt's fields."""
    fields = {
        "messageId": receipt.message_id,
        "correlationId": receipt.correlation_id,
        "status": str(receipt.status),
        "acceptedAt": instant(receipt.accepted_ms),
    }
    inside = "".join(f"<jr:{field}>{escape(value)}</jr:{field}>" for field, value in fields.items() if value)
    return f'<{name} xmlns:jr="{NAMESPACE}">{inside}</{name}>'


def instant(ms: int) -> str:
    """Return a time as xs:dateTime in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
