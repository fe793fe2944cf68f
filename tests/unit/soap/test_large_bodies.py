"""What large and strange bodies may do to the process that reads them, and to its other callers."""

import threading
import time

import pytest
from door import PARTNER, Orders, Reply, Starts, envelope_11, place
from waiting import eventually

from jmswrap.store.server import EmbeddedServer

LINE = "<line>METER-00017</line>"
"""A large body is many of these: elements are what costs, not bytes."""


@pytest.fixture(scope="module")
def roomy(starts: Starts, store_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Orders:
    """A gateway whose orders may have lines."""
    wsdl = tmp_path_factory.mktemp("lines") / "orders.wsdl"
    note = '<xsd:element name="note" type="xsd:string" minOccurs="0"/>'
    line = '<xsd:element name="line" type="xsd:NMTOKEN" minOccurs="0" maxOccurs="unbounded"/>'
    wsdl.write_text(PARTNER.read_text().replace(note, note + line))
    return starts.orders(store_server.url, partner=wsdl)


def _answers_beside(orders: Orders, large: bytes) -> tuple[Reply, list[float]]:
    """Send a large body, and small ones one after another until it has its answer; return how long those took."""
    replies: list[Reply] = []
    sender = threading.Thread(target=lambda: replies.append(orders.post(large)))
    took: list[float] = []
    sender.start()
    while sender.is_alive():
        began = time.monotonic()
        assert orders.post(envelope_11(place(f"S{len(took)}"))).status == 200
        took.append(time.monotonic() - began)
    sender.join()
    return replies[0], took


@pytest.mark.parametrize(("last", "most_seconds"), [("METER-00018", 1), ("not a token", 0.5)], ids=["valid", "invalid"])
def test_a_body_of_sixteen_megabytes_holds_up_nobody_else(roomy: Orders, last: str, most_seconds: float) -> None:
    lines = f"<line>{last}</line>" * (16_500_000 // len(LINE))
    large = envelope_11(place("L1").replace("</Place>", f"{lines}</Place>"))
    reply, took = _answers_beside(roomy, large)
    assert (reply.status == 200) is (last == "METER-00018")
    # On a busy machine all takes longer: nobody waits for more than a part of it.
    assert max(took) < max(most_seconds, sum(took) / 4)


def test_names_without_end_renew_the_process_before_they_fill_the_memory(
    starts: Starts, store_server: EmbeddedServer
) -> None:
    orders = starts.orders(store_server.url, most_growth_bytes=25_000_000)
    first = orders.processes()
    for number in range(40):
        names = "".join(f"<n{number}-{each}-{'x' * 200}/>" for each in range(4000))
        assert orders.post(envelope_11(f"<a>{names}</a>")).fault_code == "Client"
    eventually(lambda: orders.processes() not in ([], first), "another process")
    assert orders.post(envelope_11(place())).status == 200
    assert "process-renewed" in orders.log.read_text()
