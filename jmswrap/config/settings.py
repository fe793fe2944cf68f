"""The settings table: every key of ``jmswrap.yaml``, its type, default and meaning.

The field descriptions are the documentation: ``docs/configuration.md`` is made from
them. A wrong type, an unknown key or a missing one is a problem, never a default.
"""

from typing import Literal

from pydantic import Field

from jmswrap.config.basis import Name, Settings
from jmswrap.config.bridge_settings import Bridge
from jmswrap.config.gateway_settings import Client, Gateway
from jmswrap.config.health_settings import Health
from jmswrap.config.mail_settings import Mail
from jmswrap.config.partner_settings import Partner
from jmswrap.config.route_settings import Retry, Route
from jmswrap.config.store_settings import History, Store
from jmswrap.config.transform_settings import CrossReferences, Transforms

SCHEMA_VERSION = 1
"""The version of this table; a file says it in its first key."""


class Callbacks(Settings):
    """Where answers may be sent that callers want at an address of theirs (WS-Addressing ReplyTo)."""

    allow: tuple[str, ...] = Field(min_length=1, description="Hosts, `host` or `host:port`; no others are called.")
    private: tuple[str, ...] = Field(
        (), description="Networks (10.1.0.0/16) in which these hosts may lie; empty: at public addresses only."
    )
    retry: Retry = Field(Retry.model_validate({}), description="When an answer is sent again.")


class Service(Settings):
    """A Write service: SOAP operations that queue what they are given."""

    wsdl: str = Field("", description="The published contract, a file in this folder.")
    python: str = Field("", description="`module:Class` of a typed Spyne service instead of a contract file.")
    service: str = Field("", description="The WSDL service to host, when the file has several.")
    port: str = Field("", description="The WSDL port to host, when the service has several.")
    callbacks: Callbacks | None = Field(None, description="Answers go to callers' addresses; empty: they never do.")


class Workers(Settings):
    """The processes that deliver."""

    pool: Name = Field("jmswrap", description="The RQ queue that carries this integration's wake-ups.")
    processes: int = Field(2, ge=1, le=64, description="Worker processes that `up` starts.")
    calls: int = Field(32, ge=1, le=500, description="Calls under way at once in a worker process.")
    drain_seconds: float = Field(20, gt=0, le=120, description="The longest one RQ job works on a queue.")
    linger_seconds: float = Field(1, ge=0, description="How long a drain waits on an empty queue before it ends.")
    frozen_seconds: float = Field(
        60,
        ge=1,
        description="A worker process in which nothing moves for so long ends itself and says where it stood.",
    )


class Config(Settings):
    """A whole ``jmswrap.yaml``."""

    jmswrap: Literal[1] = Field(description="The version of this file's form: 1.")
    name: Name = Field(description="The integration's name.")
    reload_seconds: float = Field(
        2,
        ge=0,
        description="How often running processes look whether files have changed, to adopt them; 0: at SIGHUP only.",
    )
    namespaces: dict[str, str] = Field(default_factory=dict, description="Prefixes for the XPaths of this file.")
    gateway: Gateway = Field(Gateway.model_validate({}), description="The SOAP front door.")
    store: Store = Field(Store.model_validate({}), description="The server that holds the messages.")
    history: History = Field(History.model_validate({}), description="The database that settled messages leave for.")
    health: Health = Field(Health.model_validate({}), description="From when on a person is told.")
    mail: Mail = Field(Mail.model_validate({}), description="Mail about messages that need a person; none by default.")
    workers: Workers = Field(Workers.model_validate({}), description="The processes that deliver.")
    services: dict[Name, Service] = Field(default_factory=dict, description="The Write services.")
    clients: dict[Name, Client] = Field(
        default_factory=dict, description="The callers, when they must say who they are."
    )
    transforms: Transforms = Field(Transforms.model_validate({}), description="What stylesheets stand on.")
    cross_references: CrossReferences = Field(
        CrossReferences.model_validate({}), description="Which ids in other systems stand for one thing."
    )
    partners: dict[Name, Partner] = Field(default_factory=dict, description="The applications that are called.")
    routes: dict[Name, Route] = Field(description="The paths between them.")
    bridges: dict[Name, Bridge] = Field(default_factory=dict, description="JMS brokers, over STOMP.")

    def queue_of(self, route: str) -> str:
        """Return the name of the queue that a route's messages wait on."""
        settings = self.routes[route]
        return settings.queue or settings.source.queue or route

    def other_queues(self, route: str) -> tuple[str, ...]:
        """Return the queues that a route's messages wait for, in the order of its ``waits_for``."""
        return tuple(self.queue_of(rule.route) for rule in self.routes[route].waits_for)

    @property
    def prefix(self) -> str:
        """The first part of every key in the store."""
        return self.store.prefix or self.name
