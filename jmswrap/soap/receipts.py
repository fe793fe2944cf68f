"""Receipts as SOAP envelopes, written by hand: a reply must not cost what a parse does.

The element is the one that every published contract declares
(``{urn:jmswrap:receipt:1}AcceptResponse``); a test validates the bytes against it.
"""

from datetime import UTC, datetime
from xml.sax.saxutils import escape

from jmswrap.contract.receipt import NAMESPACE
from jmswrap.message import Receipt
from jmswrap.soap.versions import BY_NUMBER, SoapVersion

_HEADS = {
    number: (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<soap:Envelope xmlns:soap="{version.namespace}"><soap:Body>'
        f'<AcceptResponse xmlns="{NAMESPACE}"><receipt><messageId>'
    )
    for number, version in BY_NUMBER.items()
}
_TAIL = "</acceptedAt></receipt></AcceptResponse></soap:Body></soap:Envelope>"


def receipt_envelope(receipt: Receipt, version: SoapVersion) -> bytes:
    """Return the reply that carries a receipt."""
    correlation = f"<correlationId>{escape(receipt.correlation_id)}</correlationId>" if receipt.correlation_id else ""
    return (
        f"{_HEADS[version.number]}{escape(receipt.message_id)}</messageId>{correlation}"
        f"<status>{receipt.status}</status><acceptedAt>{instant(receipt.accepted_ms)}{_TAIL}"
    ).encode()


def instant(ms: int) -> str:
    """Return a time as xs:dateTime in UTC, to the millisecond."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
