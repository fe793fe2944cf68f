"""What is called in one go or in two: asked, and its answer read at once or after it was kept."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypedDict, Unpack

from jmswrap.outcome import Called
from jmswrap.partner.answered import Answered
from jmswrap.partner.wire import Wire


class How(TypedDict, total=False):
    """What may be said of one call besides its operation and body."""

    headers: Sequence[str]
    """SOAP header blocks to go with it."""
    typed: bool
    """The body's values are given to zeep, not its bytes."""
    wire: Wire | None
    """Lets the caller abort it."""
    message_id: str
    """What WS-Addressing calls the request."""


class Client(ABC):
    """Something that answers calls."""

    @abstractmethod
    def ask(self, operation: str, body: bytes, **how: Unpack[How]) -> Answered | Called:
        """Make one call; return the answer as it came, or what a call without an answer came to."""

    @abstractmethod
    def read(self, answered: Answered, wanted: bool = True) -> Called:
        """Say what an answer means; ``wanted`` asks for its body element as bytes."""

    def call(self, operation: str, body: bytes, *, wanted: bool = True, **how: Unpack[How]) -> Called:
        """Make one call and say what it came to; never raises for what the other side does."""
        came = self.ask(operation, body, **how)
        return came if isinstance(came, Called) else self.read(came, wanted)
