"""Drains on a real store against a partner that answers as told: the words of their tests."""

from pathlib import Path

from rogue import CONFIRMED, answer

from jmswrap import clock
from jmswrap.deliver.crew import Crew
from jmswrap.deliver.delivery import Call, Delivery, QueuePlan
from jmswrap.deliver.drain import Drain
from jmswrap.deliver.pace import Pace
from jmswrap.message import Message
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits
from jmswrap.retry import Schedule
from jmswrap.states import State
from jmswrap.store.nouns import Guard
from jmswrap.store.store import Store

WSDL = Path(__file__).parents[0] / "data/partner/orders.wsdl"
OK = answer("200 OK", CONFIRMED)


class Bells:
    """Remembers who was rung for."""

    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)


def order(number: int, key: str = "", route: str = "place") -> Message:
    body = f'<Place xmlns="urn:example:orders"><number>{number}</number><quantity>1</quantity></Place>'
    return Message(clock.new_id(), "orders", route, body.encode(), key=key)


def put(store: Store, *messages: Message) -> list[str]:
    store.accept(messages)
    return [message.id for message in messages]


def delivery(address: str, **options: object) -> Delivery:
    partner = PartnerClient("shop", WSDL, address=address, limits=Limits(read_seconds=30, total_seconds=30))
    return Delivery("place", Call(partner, "Place"), Schedule((0.05,), jitter=0), **options)  # type: ignore[arg-type]


def plan(*deliveries: Delivery) -> QueuePlan:
    return QueuePlan("orders", {one.route: one for one in deliveries}, Guard("shop"))


def drain(store: Store, crew: Crew, one: Delivery, pace: Pace | None = None, bells: Bells | None = None) -> Drain:
    return Drain(store, bells or Bells(), crew, plan(one), "w1", pace or Pace(linger_seconds=0))


def finish(one: Delivery) -> None:
    assert isinstance(one.target, Call)
    one.target.partner.close()


def states(store: Store, ids: list[str]) -> list[State]:
    return [record.state for record in (store.record(name) for name in ids) if record is not None]
