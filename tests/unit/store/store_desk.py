"""Short ways to put, claim and settle, and a clock that can be moved: the ``desk`` of the tests."""

from dataclasses import dataclass

from jmswrap.clock import new_id
from jmswrap.message import Attempt, Claimed, Message, Receipt, Settlement
from jmswrap.states import State
from jmswrap.store.nouns import Guard, Hold, Settled
from jmswrap.store.store import Store

DAY_MS = 86_400_000


@dataclass
class Desk:
    """A store with the words the tests speak."""

    store: Store

    def put(self, key: str = "", queue: str = "q", **fields: object) -> str:
        message = Message(**{"id": new_id(), "queue": queue, "route": "r", "body": b"<a/>", "key": key, **fields})  # type: ignore[arg-type]
        (receipt,) = self.store.accept([message])
        assert isinstance(receipt, Receipt)
        return message.id

    def claim(self, limit: int = 10, worker: str = "w1", guard: Guard | None = None) -> list[Claimed]:
        return self.store.claim("q", worker, limit, guard or Guard()).messages

    def take(self) -> Hold:
        """Claim one message."""
        (one,) = self.claim(1)
        return Hold(one.id, one.fence)

    def settle(self, hold: Hold, state: State, **fields: object) -> Settled:
        attempt = Attempt(1, 0, 12, "w1", "crm.Create", "DELIVERED", "It was taken.", 200)
        given = {"id": hold.id, "fence": hold.fence, "state": state, "attempt": attempt, **fields}
        return self.store.settle([Settlement(**given)])[0]  # type: ignore[arg-type]

    def state(self, message_id: str) -> State:
        record = self.store.record(message_id)
        assert record
        return record.state

    def pass_ms(self, milliseconds: int) -> None:
        self.store.client.incrby(f"{self.store.prefix}:clock", milliseconds)

    def wait_for_noon(self) -> None:
        """Let the next noon come: for what counts by days, and must not be begun on one and ended on the next."""
        self.pass_ms(DAY_MS + DAY_MS // 2 - self.store.now_ms() % DAY_MS)

    def lapse(self) -> None:
        """Let every lease run out, and sweep."""
        self.store.sweep()
        self.pass_ms(self.store.limits.lease_ms + 1_000)
        self.store.sweep()
