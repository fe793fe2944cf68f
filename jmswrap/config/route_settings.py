"""The settings of a route: where its messages come from, what becomes of them, where they go."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from jmswrap.config.basis import Name, Seconds, Settings


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


class Extension(Settings):
    """One step of the site's own; exactly one of these."""

    xslt: str = Field("", description="An XSLT 1.0 stylesheet, a file in this folder.")
    python: str = Field(
        "",
        description="A function that takes and gives bytes: `module:function`, or an entry point's name (group "
        "`jmswrap.extensions`).",
    )


class Extensions(Settings):
    """Steps of the site's own around a route's steps."""

    on: bool | None = Field(None, description="Whether they are done; empty: as the properties of `service` say.")
    service: str = Field(
        "",
        description="The vendor's name of the process; its properties `Extension.PreXform…` and `Extension.PostXform…` "
        "switch them on.",
    )
    before: Extension | None = Field(None, description="Before the route's steps.")
    after: Extension | None = Field(None, description="After the route's steps.")


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


class AnswerStyle(StrEnum):
    """What the caller of a Write service gets."""

    RECEIPT = "receipt"
    EMPTY = "empty"
    SYNC = "sync"
    HYBRID = "hybrid"


class WaitsFor(Settings):
    """Another route whose messages of one key go first."""

    route: Name = Field(description="The route whose messages go first, where they were accepted before.")
    key: Selector | None = Field(
        None,
        description="Where this route's messages say that route's key; several values: each of them, none: they wait "
        "for nobody. Empty where that route keeps `order: queue`.",
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
    extensions: Extensions | None = Field(None, description="Steps of the site's own around them; empty: none.")
    key: Selector | None = Field(None, description="The business key that orders messages.")
    id: Selector | None = Field(None, description="The identity that finds duplicates.")
    correlation: Selector | None = Field(None, description="The correlation id; empty: WS-Addressing RelatesTo.")
    order: Order = Field(Order.KEY, description="`key`: in order per key; `queue`: one by one; `none`: as they come.")
    waits_for: tuple[WaitsFor, ...] = Field(
        (), description="Other routes whose earlier messages go first; never in a circle (see guarantees.md)."
    )
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
    answer: AnswerStyle = Field(
        AnswerStyle.RECEIPT,
        description="What the caller gets: `receipt`; `empty` (one-way, HTTP 202); `sync` (the partner's own answer, "
        "waited for, nothing queued); `hybrid` (queued, and the partner's answer if it comes in time).",
    )
    answer_seconds: float = Field(
        20, gt=0, le=600, description="For `sync` and `hybrid`: how long the caller is kept waiting."
    )
    answer_steps: tuple[Step, ...] = Field((), description="Transforms from the partner's answer to the caller's.")
    keep_answer_seconds: float = Field(
        0, ge=0, description="How long GetResponse gives the partner's answer; 0: it is not kept."
    )
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
