"""What travels: messages as they are put, records as they are kept, receipts.

Pure nouns. The store packs them (``store/packing.py``), the engine makes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from jmswrap.states import Phase, State

DEFAULT_PRIORITY = 4
"""JMS 2.0 §3.4.10: priorities run from 0 to 9, 4 is normal."""


@dataclass(frozen=True, slots=True)
class OtherKey:
    """A key of a queue that messages of other queues wait for."""

    queue: str
    key: str

    @property
    def name(self) -> str:
        """As the store writes it; no queue has a colon in its name."""
        return f"{self.queue}:{self.key}"

    @classmethod
    def named(cls, name: str) -> "OtherKey":
        """Return the key of such a name."""
        queue, _, key = name.partition(":")
        return cls(queue, key)


@dataclass(frozen=True, slots=True)
class Message:
    """A message on its way into a queue; the names are those of JMS where JMS has one."""

    id: str
    """JMSMessageID, 26 letters and digits (``clock.new_id`` or ``clock.derived_id``)."""
    queue: str
    """The queue it is put on."""
    route: str
    """The route that will consume it; empty when an application reads the queue itself."""
    body: bytes
    """The XML of the body element, UTF-8, standing alone (every namespace declared)."""
    operation: str = ""
    """The operation it came by or goes to, where the route takes several."""
    key: str = ""
    """JMSXGroupID: messages of one key are delivered in order. Empty: it stands alone."""
    correlation_id: str = ""
    """JMSCorrelationID."""
    source_id: str = ""
    """The identity the caller gave (WS-Addressing MessageID, a header, an XPath)."""
    type: str = ""
    """JMSType: the body element as ``{namespace}local``."""
    reply_to: str = ""
    """JMSReplyTo: where an answer should go."""
    priority: int = DEFAULT_PRIORITY
    """JMSPriority, 0 to 9; never overtakes within a key."""
    delay_ms: int = 0
    """JMSDeliveryTime as a wait from acceptance; 0 means at once."""
    time_to_live_ms: int = 0
    """JMSExpiration as a span from acceptance; 0 means never."""
    expired_to: str = ""
    """The queue that what it carries goes to when it expires; empty: it stays EXPIRED where it is."""
    properties: Mapping[str, str] = field(default_factory=dict)
    """Application properties."""
    soap_headers: tuple[str, ...] = ()
    """SOAP header blocks that the contract declares, each as XML standing alone."""
    waits_for: tuple[OtherKey, ...] = ()
    """Keys whose messages accepted before this one go first, as the route says."""


class ReceiptStatus(StrEnum):
    """What became of a message at the door."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The promise given to a caller: the message is on disk."""

    message_id: str
    correlation_id: str
    status: ReceiptStatus
    accepted_ms: int
    """Server time of the first acceptance, milliseconds since 1970 UTC."""
    wake: bool = False
    """The store says a wake-up is due for the queue."""


@dataclass(frozen=True, slots=True)
class Record:
    """A message as the store keeps it, without its body."""

    message: Message
    """As accepted; its ``body`` is empty unless it was asked for."""
    state: State
    accepted_ms: int
    changed_ms: int
    """When the state last changed."""
    due_ms: int = 0
    """When it becomes due (SCHEDULED, WAITING); 0 otherwise."""
    expires_ms: int = 0
    """When its time to live ends; 0 means never."""
    deliveries: int = 0
    """JMSXDeliveryCount: how often sending was begun."""
    attempts: int = 0
    """Attempts that ended, the successful one included."""
    phase: Phase | None = None
    """The lease's phase while IN_FLIGHT."""
    fence: int = 0
    """The fencing token of the last claim."""
    worker: str = ""
    """Who holds or last held the lease."""
    lease_ms: int = 0
    """When the lease ends, while IN_FLIGHT."""
    reason: str = ""
    """One sentence on why it is in this state, where that needs saying."""
    kills: int = 0
    """Workers in a row that died while they had it; whether it killed them is not known."""
    probes: int = 0
    """How often the partner was asked about it in vain, while IN_DOUBT."""
    perhaps_sent: bool = False
    """It came before the store failed over or was restored, so it may have been sent though nothing here says so."""
    waits_for: tuple[OtherKey, ...] = ()
    """While QUEUED, the keys that it still waits for."""
    version: int = 1
    """The version of the record (``store.packing.SCHEMA_VERSION`` of who wrote it)."""
    bound_to: str = ""
    """The id that its body was sealed for, where that is another message's; empty: its own."""
    answered: bool = False
    """Its sender was sent a negative answer: the only one from here, however often it is replayed."""
    place: int = 0
    """In the order of its key; 0 where it has none yet, and in the history."""

    @property
    def redelivered(self) -> bool:
        """It was sent more than once. A worker about to send asks ``Claimed.redelivered``."""
        return self.deliveries > 1


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that a worker holds, with the token that proves it."""

    record: Record
    body: bytes
    fence: int
    unopened: str = ""
    """Why its body cannot be opened here, which is then empty: a sentence."""
    damaged: bool = False
    """No key would open it: it was changed since it was sealed."""

    @property
    def id(self) -> str:
        """The message's id."""
        return self.record.message.id

    @property
    def redelivered(self) -> bool:
        """JMSRedelivered: sending was begun before this claim, or may have been, so the target may have it."""
        return self.record.deliveries > 0 or self.record.perhaps_sent


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at delivering a message, as its history keeps it."""

    number: int
    ended_ms: int
    """Server time; 0 until the store has written it."""
    duration_ms: int
    worker: str
    target: str
    """The partner and operation, or the queue, as a person would name it."""
    outcome: str
    """The name of an ``outcome.Outcome``."""
    sentence: str
    """What happened, for a person."""
    http_status: int = 0
    """0 when no HTTP answer came."""
    fault_code: str = ""
    reply: str = ""
    """The raw reply, bounded (``store.packing.REPLY_KEPT`` characters)."""
    generation: str = ""
    """The configuration generation the attempt ran under."""


class AnswerKind(StrEnum):
    """What a target said in the end."""

    REPLY = "reply"
    """A reply with a body."""
    DONE = "done"
    """It has the message, and said no more."""
    FAULT = "fault"
    """It refused the message, or the message was given up."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message, kept for its caller."""

    kind: AnswerKind
    body: bytes = b""
    """The reply's body element, or a fault's detail element, standing alone; empty when there is none."""
    code: str = ""
    """The fault code's local name."""
    text: str = ""
    """The fault's sentence."""
    answered_ms: int = 0
    """Server time; 0 until the store has written it."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """An answer with how long it is kept, and whether somebody may be waiting for it."""

    answer: Answer
    keep_ms: int
    announce: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """What a worker asks the store to do with a message it holds."""

    id: str
    fence: int
    state: State
    """QUEUED (handed back), DELIVERED, WAITING, DEAD or IN_DOUBT."""
    attempt: Attempt | None = None
    """The attempt to write into the history; none when nothing was tried."""
    wait_ms: int = 0
    """For WAITING: how long until it is due. For IN_DOUBT: until the partner is asked; 0: it is not."""
    reason: str = ""
    outputs: tuple[Message, ...] = ()
    """Messages to be put in the same step (forwarded, reply, negative acknowledgement)."""
    on_dead: str = "hold"
    """For DEAD: ``hold`` keeps later messages of the key waiting, ``release`` lets them go."""
    partner_up: bool | None = None
    """What the call said about the partner's health, for the breaker; None when it said nothing."""
    keeping: Keeping | None = None
    """The answer for the caller, where the route keeps one."""
    rereads: bool = False
    """For WAITING: the partner's raw answer stays, and when it is due that is read again; nobody is called. Where
    it was not kept, the message is IN_DOUBT instead."""
    says_nothing: bool = False
    """For IN_DOUBT: what came is no word of the partner's (a gateway's 504, say), and nobody needs to read it again."""
