"""WS-Addressing towards a partner: headers of ours, and what becomes of those that our caller sent.

A caller addresses jmswrap, and jmswrap its partner: To is rewritten, and nobody but us is to be
answered. Blocks of the caller's come here only where the contract declares them.
"""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from lxml import etree

from jmswrap import xml

_HERE = frozenset((*xml.WSA_ANONYMOUS.values(), xml.WSA_NONE))
_ENDPOINTS = frozenset(f"{{{namespace}}}{name}" for namespace in xml.WSA for name in ("ReplyTo", "FaultTo"))
_TO = frozenset(f"{{{namespace}}}To" for namespace in xml.WSA)
_RELATES_TO = frozenset(f"{{{namespace}}}RelatesTo" for namespace in xml.WSA)


def ours(namespace: str, address: str, action: str, message_id: str, answered: bool) -> list[str]:
    """Return the header blocks of a request of ours; ``message_id`` is the same for every delivery of a message."""
    said = {"To": address, "Action": action, "MessageID": f"urn:jmswrap:{message_id}"}
    blocks = [f'<wsa:{name} xmlns:wsa="{namespace}">{escape(value)}</wsa:{name}>' for name, value in said.items()]
    if answered:
        inside = f"<wsa:Address>{xml.WSA_ANONYMOUS[namespace]}</wsa:Address>"
        blocks.append(f'<wsa:ReplyTo xmlns:wsa="{namespace}">{inside}</wsa:ReplyTo>')
    return blocks


def forwarded(headers: Sequence[str], address: str, beside_ours: bool) -> list[str]:
    """Return what of a caller's header blocks a partner at ``address`` gets.

    Beside headers of ours, of the addressing only RelatesTo; no header stands in a message twice.
    """
    kept = (_forwarded(block, address, beside_ours) for block in headers)
    return [block for block in kept if block]


def _forwarded(block: str, address: str, beside_ours: bool) -> str:
    if not any(namespace in block for namespace in xml.WSA):
        return block
    element = etree.fromstring(block.encode(), xml.parser())
    tag = str(element.tag)
    if etree.QName(element).namespace not in xml.WSA or tag in _RELATES_TO:
        return block
    if beside_ours:
        return ""
    if tag in _TO:
        element.text = address
        return xml.standalone(element).decode()
    named = (element.findtext("{*}Address") or "").strip()
    return "" if tag in _ENDPOINTS and named not in _HERE else block
