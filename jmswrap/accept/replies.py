"""What an operation of a Write service answers, before it is an envelope."""

from dataclasses import dataclass

from jmswrap.message import Answer, Receipt, Record
from jmswrap.outcome import Called


@dataclass(frozen=True, slots=True)
class Accepted:
    """The message is stored, and the contract says so with a receipt."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Nothing:
    """The message is stored, and the contract says nothing: one-way."""

    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Waited:
    """The message is stored, and its caller waited for an answer."""

    receipt: Receipt
    answer: Answer | None
    """None when it did not come in time."""


@dataclass(frozen=True, slots=True)
class Passed:
    """The message went straight through."""

    called: Called
    partner: str
    seconds: float
    """How long the caller was kept waiting at most."""


@dataclass(frozen=True, slots=True)
class Told:
    """A question about a message was answered."""

    question: str
    """``GetMessageStatus`` or ``GetResponse``."""
    record: Record
    answer: Answer | None


Reply = Accepted | Nothing | Waited | Passed | Told
