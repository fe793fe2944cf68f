"""The settings table: every key of ``jmswrap.yaml``, its type, default and meaning.

The field descriptions are the documentation: ``docs/configuration.md`` is made from
them. A wrong type, an unknown key or a missing one is a problem, never a default.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SCHEMA_VERSION = 1
"""The version of this table; a file says it in its first key."""

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,99}$")]
"""The name of a thing in the file: it stands in addresses, keys and logs."""


Seconds = Annotated[float, Field(ge=0)]
"""A length of time."""


class Settings(BaseModel):
    """Base of every section: no unknown keys, no change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Gateway(Settings):
    """The SOAP front door."""

    public_url: str = Field("", description="Address that published WSDLs name; empty: http://HOST:PORT.")
    host: str = Field("127.0.0.1", description="Interface to listen on; anything but loopback needs authentication.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    processes: int = Field(1, ge=1, le=64, description="Gateway processes.")
    max_body_bytes: int = Field(16_777_216, ge=1024, description="Largest request body, bytes, after decompression.")
    body_seconds: float = Field(30, gt=0, description="A request body must have arrived after this many seconds.")


class Durability(StrEnum):
    """Who answers for the store keeping what it was given."""

    CHECKED = "checked"
    VOUCHED = "vouched"


class Store(Settings):
    """The Redis or Valkey server that holds the messages."""

    url: str = Field(
        "",
        description="redis://, rediss:// or unix:// address, or sentinel://HOST:PORT,HOST:PORT/NAME; "
        "empty: an embedded, supervised server.",
    )
    server: str = Field("", description="Program of the embedded server; empty: the packaged one, else on the PATH.")
    data: str = Field("data", description="Folder of the embedded store, relative to this file.")
    prefix: str = Field("", description="First part of every key; empty: the integration's name.")
    durability: Durability = Field(
        Durability.CHECKED, description="`vouched`: a person answers for persistence on a server that forbids CONFIG."
    )
    replicas: int = Field(0, ge=0, description="Replicas that must have a write before a receipt is given (WAIT).")
    lease_seconds: float = Field(30, ge=1, description="How long a worker may hold a message without renewing.")
    retention_seconds: float = Field(86_400, ge=0, description="Without a history: how long settled messages stay.")
    duplicate_window_seconds: float = Field(604_800, ge=0, description="How long a message id is remembered.")


class History(Settings):
    """The database that settled messages leave for."""

    url: str = Field(
        "",
        description="Empty: SQLite, `history.sqlite` in the store's data folder. sqlite:///FILE. postgresql://HOST/DB "
        "(its password: PGPASSFILE). `none`: settled messages are dropped.",
    )
    after_seconds: float = Field(60, ge=0, description="How long settled messages stay in the store before they leave.")
    bodies: bool = Field(True, description="Bodies are kept, too.")
    retention_days: float = Field(0, ge=0, description="How long the history keeps a message; 0: for ever.")


class Service(Settings):
    """A Write service: SOAP operations that queue what they are given."""

    wsdl: str = Field("", description="The published contract, a file in this folder.")
    python: str = Field("", description="`module:Class` of a typed Spyne service instead of a contract file.")
    service: str = Field("", description="The WSDL service to host, when the file has several.")
    port: str = Field("", description="The WSDL port to host, when the service has several.")


class Timeouts(Settings):
    """How long a call to a partner may take; there is no 'for ever'."""

    connect_seconds: float = Field(5, gt=0, description="Until the connection stands.")
    read_seconds: float = Field(60, gt=0, description="Between two pieces of the answer.")
    total_seconds: float = Field(90, gt=0, description="The whole call.")


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Hours and minutes, ``02:00``."""


class Window(Settings):
    """A time, week by week, in which a partner is not called."""

    days: tuple[Day, ...] = Field((), description="The days on which it begins; empty: all.")
    start: TimeOfDay = Field(alias="from", description='When it begins, "02:00" (in quotes).')
    end: TimeOfDay = Field(alias="to", description="When it ends; not later than `from`: on the next day.")
    timezone: str = Field("UTC", description="Whose clock counts, like Europe/Berlin.")


class Partner(Settings):
    """An application whose web service is called."""

    wsdl: str = Field(description="Its pinned contract, a file in this folder.")
    service: str = Field("", description="The WSDL service, when the file has several.")
    port: str = Field("", description="The WSDL port, when the service has several.")
    address: str = Field("", description="Endpoint address; empty: the one in its WSDL.")
    concurrency: int = Field(16, ge=1, le=1000, description="Calls under way at once, over all workers.")
    rate_per_second: float = Field(0, ge=0, description="Calls begun a second over all workers; 0: no limit.")
    timeouts: Timeouts = Field(Timeouts.model_validate({}), description="Time limits of a call.")
    keepalive_idle_seconds: float = Field(4, gt=0, description="A pooled connection idle for longer is not used again.")
    max_reply_bytes: int = Field(16_777_216, ge=1024, description="Largest reply that is read.")
    maintenance: tuple[Window, ...] = Field((), description="Times in which it is not called; messages wait.")
    breaker_failures: int = Field(10, ge=0, description="Failed calls in a row that open the breaker; 0: no breaker.")
    breaker_seconds: float = Field(5, gt=0, description="How long an open breaker holds calls before one tries again.")


class Source(Settings):
    """Where a route's messages come from: a Write service, or a queue."""

    service: Name | None = Field(None, description="A service of this file.")
    operation: str = Field("", description="One operation of it; empty: all that no other route names.")
    queue: Name | None = Field(None, description="A queue that other routes or applications put on.")


class Target(Settings):
    """Where a route's messages go: a partner's operation, or a queue."""

    partner: Name | None = Field(None, description="A partner of this file.")
    operation: str = Field("", description="Its operation; empty: the one that takes the message's body element.")
    queue: Name | None = Field(None, description="A queue of this integration.")


class Selector(Settings):
    """Where in a message a value is found; exactly one of these."""

    xpath: str = Field("", description="XPath 1.0 from the body element; prefixes are those of `namespaces`.")
    header: str = Field("", description="A SOAP header block, {namespace}local, whose text is taken.")
    property: str = Field("", description="An application property.")
    message_id: bool = Field(False, description="The WS-Addressing MessageID.")


class Step(Settings):
    """One transform of the body."""

    xslt: str = Field(description="An XSLT 1.0 stylesheet, a file in this folder.")


class RetryClass(Settings):
    """What is different for attempts that failed in one way."""

    waits_seconds: tuple[Seconds, ...] | None = Field(None, min_length=1, description="Its own list; empty: as above.")
    max_attempts: int | None = Field(None, ge=0, description="Its own limit, counting all attempts; empty: as above.")


class Retry(Settings):
    """When a failed attempt is made again."""

    waits_seconds: tuple[Seconds, ...] = Field(
        (2, 5, 10, 30, 60, 120, 300), min_length=1, description="Wait after each failed attempt; the last one repeats."
    )
    max_attempts: int = Field(0, ge=0, description="Attempts before the error queue; 0: no limit by count.")
    max_age_seconds: float = Field(172_800, ge=0, description="Age at which a message is given up; 0: no limit.")
    jitter: float = Field(0.1, ge=0, le=1, description="Random stretch of each wait, as a share of it.")
    by_class: dict[str, RetryClass] = Field(
        default_factory=dict,
        description="Exceptions by fault code (`Server.Busy`), HTTP status (in quotes) or outcome; the first of these "
        "that is there counts.",
    )


class InDoubt(StrEnum):
    """What to do with a message that may or may not have arrived."""

    PARK = "park"
    REDELIVER = "redeliver"
    PROBE = "probe"


class OnDead(StrEnum):
    """What a dead message means for the later ones of its key."""

    HOLD = "hold"
    RELEASE = "release"
    NACK = "nack"


class Order(StrEnum):
    """What is kept in order."""

    NONE = "none"
    KEY = "key"
    QUEUE = "queue"


class Answer(Settings):
    """A message made from what became of another one: a reply or a refusal."""

    queue: Name = Field(description="The queue it is put on.")
    steps: tuple[Step, ...] = Field((), description="Transforms from the reply, or the refusal, to the answer.")


class Probe(Settings):
    """A question to the route's partner: did a message that is in doubt arrive?"""

    operation: str = Field(min_length=1, description="The operation that is asked; it changes nothing.")
    xslt: str = Field("", description="Makes the question from the message; empty: the message as it was sent for.")
    found: str = Field(
        min_length=1, description="XPath 1.0 from the answer's body element: true, it arrived; false, send it again."
    )


class Expired(Settings):
    """Where messages go whose time to live ran out."""

    queue: Name = Field(description="What they carried is put there; the route that reads it has the steps.")


class Route(Settings):
    """A named path from a Write service or a queue to a partner's operation or a queue."""

    source: Source = Field(alias="from", description="Where messages come from.")
    queue: Name | None = Field(None, description="The queue they wait on; empty: `from.queue`, else the route's name.")
    to: Target = Field(description="Where they go.")
    steps: tuple[Step, ...] = Field((), description="Transforms between.")
    key: Selector | None = Field(None, description="The business key that orders messages.")
    id: Selector | None = Field(None, description="The identity that finds duplicates.")
    correlation: Selector | None = Field(None, description="The correlation id; empty: WS-Addressing RelatesTo.")
    order: Order = Field(Order.KEY, description="`key`: in order per key; `queue`: one by one; `none`: as they come.")
    binding: Literal["raw", "typed"] = Field("raw", description="`typed` gives zeep the values instead of the element.")
    idempotent: bool = Field(False, description="The target may safely get a message twice.")
    in_doubt: InDoubt = Field(
        InDoubt.PARK,
        description="A message that may have arrived: `park` (a person decides), `redeliver`, `probe` (the partner "
        "is asked).",
    )
    probe: Probe | None = Field(None, description="For `in_doubt: probe`, how to ask; again by `retry` if in vain.")
    on_dead: OnDead = Field(
        OnDead.HOLD,
        description="`hold`: later messages of the key wait; `release`: they go on; `nack`: they go on once the "
        "`refusal` was sent.",
    )
    retry: Retry = Field(Retry.model_validate({}), description="When a failed attempt is made again.")
    reply: Answer | None = Field(None, description="Where the target's reply goes.")
    refusal: Answer | None = Field(
        None, description="Where a negative acknowledgement goes on a business fault; for `nack`, of any dead message."
    )
    priority: int = Field(4, ge=0, le=9, description="JMSPriority of its messages.")
    time_to_live_seconds: float = Field(0, ge=0, description="After this they expire; 0: never.")
    expired: Expired | None = Field(None, description="Where expired messages go; empty: they stay to be seen.")
    delay_seconds: float = Field(0, ge=0, description="They are not delivered before this.")
    backlog_messages: int = Field(
        0,
        ge=0,
        description="Messages not settled that its queue holds before callers get HTTP 503; 0: no cap. "
        "Routes that share a queue share the least of theirs.",
    )
    backlog_bytes: int = Field(0, ge=0, description="The same by the size of their bodies.")


class Workers(Settings):
    """The processes that deliver."""

    pool: Name = Field("jmswrap", description="The RQ queue that carries this integration's wake-ups.")
    processes: int = Field(2, ge=1, le=64, description="Worker processes that `up` starts.")
    calls: int = Field(32, ge=1, le=500, description="Calls under way at once in a worker process.")
    drain_seconds: float = Field(20, gt=0, le=120, description="The longest one RQ job works on a queue.")
    linger_seconds: float = Field(1, ge=0, description="How long a drain waits on an empty queue before it ends.")


class Config(Settings):
    """A whole ``jmswrap.yaml``."""

    jmswrap: Literal[1] = Field(description="The version of this file's form: 1.")
    name: Name = Field(description="The integration's name.")
    namespaces: dict[str, str] = Field(default_factory=dict, description="Prefixes for the XPaths of this file.")
    gateway: Gateway = Field(Gateway.model_validate({}), description="The SOAP front door.")
    store: Store = Field(Store.model_validate({}), description="The server that holds the messages.")
    history: History = Field(History.model_validate({}), description="The database that settled messages leave for.")
    workers: Workers = Field(Workers.model_validate({}), description="The processes that deliver.")
    services: dict[Name, Service] = Field(default_factory=dict, description="The Write services.")
    partners: dict[Name, Partner] = Field(default_factory=dict, description="The applications that are called.")
    routes: dict[Name, Route] = Field(description="The paths between them.")

    def queue_of(self, route: str) -> str:
        """Return the name of the queue that a route's messages wait on."""
        settings = self.routes[route]
        return settings.queue or settings.source.queue or route

    @property
    def prefix(self) -> str:
        """The first part of every key in the store."""
        return self.store.prefix or self.name
