"""The messages that both ways carry: orders of a wanted size."""

NAMESPACE = "urn:jmswrap:bench:orders"
REPLY = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    b'<submitOrderResponse xmlns="urn:jmswrap:bench:orders"><submitOrderResult>ok</submitOrderResult>'
    b"</submitOrderResponse></s:Body></s:Envelope>"
)
_LINE = (
    "<Line><item>METER-{0:05d}</item><quantity>{1}</quantity><price>{2}.25</price>"
    "<note>Deliver to the yard behind building {0}, ask for the foreman.</note></Line>"
)


def template(size_kb: float) -> bytes:
    """Return a SOAP 1.1 request of about ``size_kb`` kilobytes; ``@@N@@`` stands for the order's number."""
    head = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<submitOrder xmlns="{NAMESPACE}"><orderId>@@N@@</orderId><customer>C@@N@@</customer>'
        "<orderedAt>2026-01-31T12:00:00Z</orderedAt><lines>"
    )
    tail = "</lines></submitOrder></s:Body></s:Envelope>"
    lines = []
    size = len(head) + len(tail)
    while size < size_kb * 1024 - 80:
        lines.append(_LINE.format(len(lines), len(lines) % 9 + 1, len(lines) * 3))
        size += len(lines[-1])
    return (head + "".join(lines) + tail).encode()
