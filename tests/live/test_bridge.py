"""The bridge against a real ActiveMQ: what is carried, both ways, and what is refused."""

import time

import pytest
from activemq import ActiveMQ
from bridge_site import Site, bodies, incoming, outgoing, today

from jmswrap import queues
from jmswrap.states import State

pytest.importorskip("stomp", reason="stomp.py is not installed: pip install 'jmswrap[stomp]'")


def test_what_a_jms_client_sends_is_put_with_its_header_fields(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)]})
    expires = str(time.time_ns() // 1_000_000 + 600_000)
    with broker.client() as other:
        said = {"correlation_id": "c:1", "type": "Order", "priority": "7", "reply_to": "/queue/R", "expires": expires}
        other.put(incoming(site)["destination"], [b"<o>\xc3\xa9</o>"], JMSWRAP_Key="g", colour="red: dark", **said)
    site.start()
    site.until(lambda: site.count("inbox", State.QUEUED) == 1, "the message")
    with queues.connect(site.folder) as mine:
        message = mine.receive("inbox")
        assert message is not None
        assert message.body == "<o>é</o>".encode()
        assert (message.key, message.correlation_id, message.type) == ("g", "c:1", "Order")
        assert (message.priority, message.reply_to, message.source_id[:3]) == (7, "/queue/R", "ID:")
        assert abs(message.expires_ms - int(expires)) < 5_000
        assert message.properties == {"colour": "red: dark", "identity": "0", "JMSWRAP_Key": "g"}
        message.done()


def test_what_is_put_reaches_a_jms_client_with_its_header_fields(site: Site, broker: ActiveMQ) -> None:
    site.configure(to=[outgoing(site)])
    with queues.connect(site.folder) as mine:
        put = mine.put(
            "outbox",
            "<o>é</o>",
            key="g",
            correlation_id="c:1",
            type="Order",
            priority=7,
            reply_to="/queue/R",
            time_to_live_ms=600_000,
            properties={"colour": "red: dark", "destination": "/queue/ELSEWHERE", "wei rd": "x"},
        )
    site.start()
    site.until(lambda: site.count("outbox", State.DELIVERED) == 1, "the delivery")
    with broker.client() as other:
        ((_, said, body),) = other.take(outgoing(site)["destination"], expected=1)
    assert body == "<o>é</o>".encode()
    record = site.store.record(put.message_id)
    assert record is not None
    expected = {"correlation-id": "c:1", "type": "Order", "priority": "7", "reply-to": "/queue/R", "JMSWRAP_Key": "g"}
    expected |= {"persistent": "true", "colour": "red: dark", "wei_rd": "x", "JMSWRAP_destination": "/queue/ELSEWHERE"}
    expected |= {"JMSWRAP_MessageID": put.message_id, "_AMQ_DUPL_ID": put.message_id, "JMSWRAP_Redelivered": "false"}
    expected |= {"JMSWRAP_DeliveryCount": "1", "expires": str(record.expires_ms)}
    assert {name: value for name, value in said.items() if name in expected} == expected
    (attempt,) = site.store.attempts(put.message_id)
    assert (attempt.outcome, attempt.target) == ("taken", outgoing(site)["destination"])


def test_a_queue_that_a_route_reads_is_put_on_as_the_route_says(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site, queue="onward", id_header="number")]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], [b"<o k='7'/>"], number="n-1")
        other.put(incoming(site)["destination"], [b"<o k='7'/>"], number="n-1")
    site.start()
    site.until(lambda: site.store.totals("onward", today()).get("duplicate") == 1, "the repetition")
    (record,) = site.records("onward")
    assert (record.message.route, record.message.key, record.message.source_id) == ("on", "7", "n-1")


def test_what_is_no_xml_goes_to_the_brokers_dead_letters_and_the_others_go_on(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)]})
    site.start()
    with broker.client() as other:
        other.put(incoming(site)["destination"], [b"no xml", b"<o/>"])
        site.until(lambda: site.count("inbox", State.QUEUED) == 1, "the one that is XML")
        site.until(lambda: "well-formed" in site.log, "the reason")
        dead = other.take("/queue/ActiveMQ.DLQ", expected=1)
    assert [body for _, _, body in dead] == [b"no xml"]


def test_order_per_key_is_kept_in_both_directions(site: Site, broker: ActiveMQ) -> None:
    site.configure(**{"from": [incoming(site)], "to": [outgoing(site, batch=7)]})
    with broker.client() as other:
        other.put(incoming(site)["destination"], bodies(60), JMSWRAP_Key="one")
    site.put("outbox", 60, keys=3)
    site.start()
    site.until(lambda: site.count("inbox", State.QUEUED) == 60, "what comes")
    site.until(lambda: site.count("outbox", State.DELIVERED) == 60, "what goes")
    with queues.connect(site.folder) as mine:
        numbers = []
        for message in mine.take("inbox"):
            numbers.append(int(message.properties["identity"]))
            message.done()
    assert numbers == list(range(60))
    with broker.client() as other:
        frames = other.take(outgoing(site)["destination"], expected=60)
    for key in ("k0", "k1", "k2"):
        of_key = [int(said["n"]) for _, said, _ in frames if said["JMSWRAP_Key"] == key]
        assert of_key == sorted(of_key)


def test_a_broker_that_refuses_one_message_gets_the_others(site: Site, broker: ActiveMQ) -> None:
    retry = {"waits_seconds": [0.2], "max_attempts": 2}
    site.configure(
        to=[outgoing(site), {"queue": "secret", "destination": "/queue/SECRET", "retry": retry}],
    )
    (refused,) = site.put("secret", 1)
    site.put("outbox", 3)
    site.start()
    site.until(lambda: site.count("secret", State.DEAD) == 1, "the refusal")
    site.until(lambda: site.count("outbox", State.DELIVERED) == 3, "the others")
    attempts = site.store.attempts(refused)
    assert [attempt.outcome for attempt in attempts] == ["broker-refused", "broker-refused"]
    assert "not authorized" in attempts[0].sentence
