"""What a route does with its messages, ready to be done: small frozen nouns.

``app`` builds them from an integration before work starts; the drain only reads them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from jmswrap.message import Message
from jmswrap.outcome import Called
from jmswrap.partner.callback import CallbackClient
from jmswrap.partner.client import PartnerClient
from jmswrap.retry import Schedule
from jmswrap.store.nouns import Guard

Step = Callable[[bytes, Mapping[str, str]], bytes]
"""One transform of the body; raises TransformError."""


def as_it_is(message: Message) -> Message:
    """Return the message unchanged: the consuming route asks for nothing."""
    return message


@dataclass(frozen=True, slots=True)
class Put:
    """A queue that messages are put on, and how they get there."""

    queue: str
    route: str = ""
    """The route that consumes it; empty when an application does."""
    steps: tuple[Step, ...] = ()
    """From what is at hand (a reply, a refusal document) to the body."""
    shape: Callable[[Message], Message] = as_it_is
    """Gives the message what the consuming route asks for: its key, priority, delay, time to live."""


@dataclass(frozen=True, slots=True)
class Call:
    """A partner's operation that messages are sent to."""

    partner: PartnerClient | CallbackClient
    operation: str = ""
    """Empty: the one that takes the body element."""
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """A question that changes nothing: did the message arrive?"""

    partner: PartnerClient
    operation: str
    found: Callable[[bytes], bool]
    """Reads the answer's body element; raises LxmlError."""
    steps: tuple[Step, ...] = ()
    """From the message to the question."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A route, ready to be done."""

    route: str
    target: Call | Put
    schedule: Schedule
    steps: tuple[Step, ...] = ()
    idempotent: bool = False
    redeliver: bool = False
    """In doubt: send again, instead of leaving it to a person."""
    probe: Probe | None = None
    """In doubt: ask the partner."""
    on_dead: str = "hold"
    """``hold``, ``release``, or ``nack``: release once the refusal is sent."""
    reply: Put | None = None
    refusal: Put | None = None
    keep_answer_ms: int = 0
    """How long the answer is kept for the caller; 0: it is not."""
    announces: bool = False
    """Somebody may be waiting for the answer."""
    callbacks: str = ""
    """The queue of answers to addresses that callers named; empty: the service takes none."""
    answer_steps: tuple[Step, ...] = ()
    """From the partner's answer to the caller's."""
    generation: str = ""
    """The configuration generation that attempts are recorded under."""

    tells_business: bool = False
    """Somebody is to be told when a partner or a value map refuses a message."""
    tells_technical: bool = False
    """Somebody is to be told of any other message that needs a person."""

    classes: Mapping[str, Schedule] = field(default_factory=dict)
    """Schedules of their own by fault code, HTTP status or outcome."""

    def schedule_after(self, called: Called) -> Schedule:
        """Return when to try again after such a failure: by its fault code, its status, its outcome."""
        code = called.fault.code if called.fault else ""
        names = (code, code.rpartition("}")[2], str(called.http_status), str(called.outcome))
        return next((self.classes[name] for name in names if name in self.classes), self.schedule)

    @property
    def in_doubt(self) -> str:
        """What the store is to do when the worker dies while sending: ``park``, ``probe`` or ``redeliver``."""
        if self.idempotent or self.redeliver:
            return "redeliver"
        return "probe" if self.probe else "park"

    @property
    def keeps_answers(self) -> bool:
        """An answer is stored before it is interpreted.

        Where interpreting it is more than looking for a Fault, that is, where it becomes a message. A
        plain route's settlement follows the answer at once and carries all that became of it: storing
        the answer first would be a second write for nothing.
        """
        plain = self.reply is None and self.refusal is None and not self.keep_answer_ms and not self.callbacks
        return isinstance(self.target, Call) and not plain

    @property
    def wants_reply(self) -> bool:
        """What the partner answers is needed, not only whether it is a Fault."""
        return self.reply is not None or bool(self.keep_answer_ms) or bool(self.callbacks)

    @property
    def target_name(self) -> str:
        """The target as a person would name it."""
        if isinstance(self.target, Put):
            return f"queue {self.target.queue}"
        return " ".join(word for word in (self.target.partner.name, self.target.operation) if word)


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """A queue as a worker drains it."""

    queue: str
    deliveries: Mapping[str, Delivery]
    """By route: several routes may share a queue."""
    guard: Guard
    """The limits of the one partner it delivers to."""
    closed: Callable[[int], tuple[tuple[int, int], ...]] | None = None
    """That partner's maintenance around a server time in ms; None: there is none."""
    reader: str = ""
    """The route that takes messages that name none: those that came because they expired elsewhere."""


def parameters(message: Message, redelivered: bool = False) -> dict[str, str]:
    """Return the stylesheet parameters of a message: its JMS headers and its properties."""
    return {
        **message.properties,
        "JMSMessageID": message.id,
        "JMSCorrelationID": message.correlation_id,
        "JMSType": message.type,
        "JMSReplyTo": message.reply_to,
        "JMSXGroupID": message.key,
        "JMSRedelivered": "true" if redelivered else "false",
        "operation": message.operation,
        "sourceId": message.source_id,
    }


def through(
    steps: tuple[Step, ...],
    document: bytes,
    message: Message,
    redelivered: bool = False,
    given: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the document after the steps; ``given`` are more parameters of theirs."""
    if steps:
        given = {**parameters(message, redelivered), **given}
        for step in steps:
            document = step(document, given)
    return document
