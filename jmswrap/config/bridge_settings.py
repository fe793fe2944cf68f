"""The settings of a bridge: a broker, and which of its destinations stand for which queues."""

from typing import Literal

from pydantic import Field

from jmswrap.config.basis import Name, Settings
from jmswrap.config.route_settings import Retry


class BrokerTls(Settings):
    """TLS 1.2 or later with a broker; its certificate and name are always verified."""

    ca: str = Field("", description="The authorities to trust, a PEM file; empty: the system's.")
    certificate: str = Field("", description="The client certificate, with its chain, a PEM file.")
    key: str = Field("", description="The private key of the certificate, a PEM file.")
    key_password: str = Field("", description="Where the key's password is: `env:NAME` or `file:PATH`.")


class Incoming(Settings):
    """A destination of the broker whose messages are put on a queue."""

    destination: str = Field(min_length=1, description="The broker's destination, such as /queue/ORDERS.")
    queue: Name = Field(description="The queue that its messages are put on.")
    id_header: str = Field(
        "", description="The header or property whose value identifies a message; empty: the broker's message-id."
    )
    key_header: str = Field(
        "",
        description="The property that holds the key by which messages are ordered; empty: JMSXGroupID, which ActiveMQ "
        "Classic does not tell STOMP clients, else JMSWRAP_Key.",
    )
    selector: str = Field("", description="A JMS selector: the broker gives only what fits it.")
    prefetch: int = Field(100, ge=1, le=10_000, description="Messages that the broker gives ahead of their ACK.")


class Outgoing(Settings):
    """A queue whose messages are sent to a destination of the broker."""

    queue: Name = Field(description="The queue that is read; no route reads it.")
    destination: str = Field(min_length=1, description="The broker's destination, such as /queue/ORDERS.")
    batch: int = Field(50, ge=1, le=1000, description="Messages that share a transaction of the broker.")
    body: Literal["text", "bytes"] = Field("text", description="Make it a JMS TextMessage or BytesMessage.")
    in_doubt: Literal["redeliver", "park"] = Field(
        "redeliver",
        description="A message that the broker may have: `redeliver` (sent again, marked, with the same id), `park` (a "
        "person decides).",
    )
    retry: Retry = Field(Retry.model_validate({}), description="When a message that the broker refused is sent again.")


class Bridge(Settings):
    """A JMS broker that speaks STOMP 1.2 (needs `jmswrap[stomp]`)."""

    host: str = Field(min_length=1, description="The broker's host.")
    port: int = Field(61613, ge=1, le=65_535, description="Its STOMP port.")
    virtual_host: str = Field("", description="The virtual host to ask for; empty: `host`.")
    username: str = Field("", description="The user's name; empty: none.")
    password: str = Field("", description="Where the password is: `env:NAME` or `file:PATH`.")
    tls: BrokerTls | None = Field(None, description="TLS; `{}` for the system's authorities; empty: in clear.")
    connect_seconds: float = Field(10, gt=0, le=300, description="Until the broker says that we are connected.")
    receipt_seconds: float = Field(30, gt=0, le=300, description="Until it confirms a transaction.")
    heartbeat_seconds: float = Field(10, gt=0, le=300, description="Between signs of life, both ways.")
    source: tuple[Incoming, ...] = Field((), alias="from", description="What comes from the broker.")
    target: tuple[Outgoing, ...] = Field((), alias="to", description="What goes to the broker.")
