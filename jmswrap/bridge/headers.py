"""What JMS says in header fields and properties, in both directions. Pure.

STOMP names: ``correlation-id``, ``type``, ``priority``, ``expires``, ``reply-to``, ``JMSXGroupID``; every other
header is a property of the message.
"""

import re
from collections.abc import Mapping

from jmswrap.app.applications import Heading
from jmswrap.bridge.broker import Arrived, Outbound
from jmswrap.config.bridge_settings import Incoming, Outgoing
from jmswrap.errors import Refused
from jmswrap.message import DEFAULT_PRIORITY, Claimed

MESSAGE_ID = "JMSWRAP_MessageID"
"""The same at every delivery of a message: what a consumer finds repetitions by."""

REDELIVERED = "JMSWRAP_Redelivered"
"""``true``: the broker may have been given this message before."""

DELIVERY_COUNT = "JMSWRAP_DeliveryCount"

KEY = "JMSWRAP_Key"
"""The key once more: ActiveMQ Classic keeps JMSXGroupID to itself when STOMP clients read."""

DUPLICATE_DETECTION = "_AMQ_DUPL_ID"
"""By this ActiveMQ Artemis itself drops repetitions."""

_STOMPS = frozenset(
    (
        *("ack", "browser", "content-length", "content-type", "correlation-id", "destination", "expires", "id"),
        *("message-id", "persistent", "priority", "receipt", "receipt-id", "redelivered", "reply-to", "selector"),
        *("subscription", "timestamp", "transaction", "type"),
        *("JMSXGroupID", "JMSXGroupSeq", "JMSXUserID", "JMSXDeliveryCount"),
    )
)
_OURS = frozenset((MESSAGE_ID, REDELIVERED, DELIVERY_COUNT, KEY, DUPLICATE_DETECTION))
_UNFIT = re.compile(r"[^A-Za-z0-9_$.-]")
_DESTINATION = re.compile(r"^/(queue|topic|temp-queue|temp-topic|remote-temp-queue|remote-temp-topic|exchange)/.")


def heading(arrived: Arrived, settings: Incoming, now_ms: int) -> Heading:
    """Return what a message from the broker says of itself; Refused when it does not say who it is."""
    said = arrived.headers
    expires_ms = _number(said.get("expires", ""))
    return Heading(
        key=said.get(settings.key_header or "JMSXGroupID", "") or ("" if settings.key_header else said.get(KEY, "")),
        source_id=_identity(said, settings),
        correlation_id=said.get("correlation-id", ""),
        type=said.get("type", ""),
        reply_to=said.get("reply-to", ""),
        priority=min(max(_number(said.get("priority", "")), 0), 9) if "priority" in said else DEFAULT_PRIORITY,
        # What expired on the way is accepted all the same, so that it is seen where expired messages are.
        time_to_live_ms=max(expires_ms - now_ms, 1) if expires_ms else 0,
        properties={name: value for name, value in said.items() if name not in _STOMPS},
    )


def _identity(said: Mapping[str, str], settings: Incoming) -> str:
    found = said.get(settings.id_header or "message-id", "")
    if not found:
        raise Refused(f"it has no {settings.id_header or 'message-id'}, by which its repetition would be found")
    return found


def outbound(claimed: Claimed, settings: Outgoing) -> Outbound:
    """Return what is sent to the broker for a message.

    A repetition differs in ``JMSWRAP_Redelivered`` and the count only.
    """
    message = claimed.record.message
    headers = {_property(name): value for name, value in message.properties.items()}
    headers |= {
        "persistent": "true",
        "priority": str(message.priority),
        MESSAGE_ID: claimed.id,
        DUPLICATE_DETECTION: claimed.id,
        REDELIVERED: "true" if claimed.redelivered else "false",
        DELIVERY_COUNT: str(claimed.record.deliveries + 1),
    }
    said = {
        "correlation-id": message.correlation_id,
        "type": message.type,
        "JMSXGroupID": message.key,
        KEY: message.key,
    }
    said["expires"] = str(claimed.record.expires_ms or "")
    said["reply-to" if _DESTINATION.match(message.reply_to) else "JMSWRAP_ReplyTo"] = message.reply_to
    headers |= {name: value for name, value in said.items() if value}
    if settings.body == "bytes":
        headers["content-length"] = str(len(claimed.body))
    return Outbound(settings.destination, headers, claimed.body)


def _property(name: str) -> str:
    """Return a name that STOMP can carry and that means nothing else to it."""
    fit = _UNFIT.sub("_", name)
    return f"JMSWRAP_{fit}" if fit in _STOMPS or fit in _OURS else fit


def _number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,15}", text) else 0
