import pytest

from jmswrap.bridge.broker import Arrived
from jmswrap.bridge.headers import heading, outbound
from jmswrap.config.bridge_settings import Incoming, Outgoing
from jmswrap.errors import Refused
from jmswrap.message import Claimed, Message, Record
from jmswrap.states import State

INCOMING = Incoming(destination="/queue/A", queue="a")
OUTGOING = Outgoing(destination="/queue/B", queue="b")


def claimed(deliveries: int = 0, **said: object) -> Claimed:
    message = Message(id="the-id", queue="b", route="", body=b"", **said)  # type: ignore[arg-type]
    return Claimed(Record(message, State.IN_FLIGHT, 1_000, 1_000, deliveries=deliveries), b"<a/>", 1)


def test_header_fields_become_a_heading_and_the_rest_properties() -> None:
    said = {
        "message-id": "ID:1",
        "correlation-id": "c",
        "type": "T",
        "priority": "9",
        "expires": "5000",
        "colour": "red",
    }
    found = heading(Arrived({**said, "destination": "/queue/A", "ack": "7"}, b""), INCOMING, now_ms=3_000)
    assert (found.source_id, found.correlation_id, found.type, found.priority) == ("ID:1", "c", "T", 9)
    assert (found.time_to_live_ms, dict(found.properties)) == (2_000, {"colour": "red"})


@pytest.mark.parametrize(("expires", "lives_ms"), [("0", 0), ("", 0), ("oh", 0), ("1", 1), ("999", 1)])
def test_what_expired_on_the_way_expires_here_at_once(expires: str, lives_ms: int) -> None:
    found = heading(Arrived({"message-id": "1", "expires": expires}, b""), INCOMING, now_ms=3_000)
    assert found.time_to_live_ms == lives_ms


def test_a_priority_that_is_none_of_jms_is_brought_into_bounds() -> None:
    assert heading(Arrived({"message-id": "1", "priority": "12"}, b""), INCOMING, 0).priority == 9


@pytest.mark.parametrize(
    ("settings", "headers", "key"),
    [
        ({}, {"JMSXGroupID": "g", "JMSWRAP_Key": "k"}, "g"),
        ({}, {"JMSWRAP_Key": "k"}, "k"),
        ({"key_header": "customer"}, {"JMSXGroupID": "g", "customer": "c"}, "c"),
        ({"key_header": "customer"}, {"JMSXGroupID": "g"}, ""),
    ],
)
def test_the_key_is_where_the_settings_say(settings: dict[str, str], headers: dict[str, str], key: str) -> None:
    incoming = INCOMING.model_copy(update=settings)
    assert heading(Arrived({"message-id": "1", **headers}, b""), incoming, 0).key == key


def test_a_message_without_the_identity_that_is_asked_for_is_refused() -> None:
    with pytest.raises(Refused, match="it has no number"):
        heading(Arrived({"message-id": "1"}, b""), INCOMING.model_copy(update={"id_header": "number"}), 0)


def test_a_repetition_differs_in_its_mark_and_count_only() -> None:
    first, again = outbound(claimed(), OUTGOING).headers, outbound(claimed(1), OUTGOING).headers
    assert {name: (first[name], again[name]) for name in first if first[name] != again[name]} == {
        "JMSWRAP_Redelivered": ("false", "true"),
        "JMSWRAP_DeliveryCount": ("1", "2"),
    }
    assert first["JMSWRAP_MessageID"] == first["_AMQ_DUPL_ID"] == "the-id"


def test_a_property_cannot_pass_for_a_header_of_stomp_or_ours() -> None:
    wicked = {"receipt": "1", "JMSWRAP_MessageID": "2", "a:b\nc": "3", "content-length": "4"}
    sent = outbound(claimed(properties=wicked), OUTGOING)
    assert sent.destination == "/queue/B"
    assert not {"receipt", "content-length"} & set(sent.headers)
    assert sent.headers["JMSWRAP_receipt"] == "1"
    assert sent.headers["JMSWRAP_JMSWRAP_MessageID"] == "2"
    assert sent.headers["a_b_c"] == "3"
    assert sent.headers["JMSWRAP_MessageID"] == "the-id"


def test_only_a_destination_is_a_reply_to() -> None:
    assert outbound(claimed(reply_to="/queue/R"), OUTGOING).headers["reply-to"] == "/queue/R"
    told = outbound(claimed(reply_to="jms/Replies"), OUTGOING).headers
    assert "reply-to" not in told
    assert told["JMSWRAP_ReplyTo"] == "jms/Replies"


def test_bytes_say_their_length() -> None:
    assert "content-length" not in outbound(claimed(), OUTGOING).headers
    assert outbound(claimed(), OUTGOING.model_copy(update={"body": "bytes"})).headers["content-length"] == "4"
