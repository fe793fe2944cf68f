"""Putting messages through the facade: duplicates in whatever serialisation."""

from dataclasses import replace

from jmswrap.clock import new_id
from jmswrap.errors import IdReused
from jmswrap.message import Message, Receipt, ReceiptStatus
from jmswrap.operate.moves import Moves
from jmswrap.store.store import Store


class Bell:
    def __init__(self) -> None:
        self.rung: list[str] = []

    def ring(self, queue: str) -> None:
        self.rung.append(queue)


def test_another_serialisation_of_the_same_document_is_a_duplicate(store: Store) -> None:
    bell = Bell()
    moves = Moves(store, bell, ["q"], [])
    first = Message(new_id(), "q", "r", b'<a b="1" c="2"></a>', source_id="urn:1")
    fresh = replace(first, id=new_id())
    assert all(isinstance(one, Receipt) for one in moves.put([first]))
    again, new, other = moves.put(
        [replace(first, body=b"<a c='2' b='1' />"), fresh, replace(first, body=b"<a c='3' b='1' />")]
    )
    assert isinstance(again, Receipt)
    assert again.status is ReceiptStatus.DUPLICATE
    assert isinstance(new, Receipt)
    assert new.status is ReceiptStatus.ACCEPTED
    assert isinstance(other, IdReused)
    assert bell.rung == ["q"]
