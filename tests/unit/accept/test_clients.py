"""Who a password belongs to, and what guessing costs the others."""

import asyncio

from jmswrap.accept.clients import WAITING_CHECKS, Caller, Clients, Plain
from jmswrap.config.passwords import Hash, hashed, read_hash
from jmswrap.errors import Unavailable


def hash_of(password: str) -> Hash:
    found = read_hash(hashed(password.encode()))
    assert found is not None
    return found


def caller(name: str, *known: Plain | Hash, operations: frozenset[str] = frozenset("*")) -> Caller:
    return Caller(name, name, known, frozenset(), operations)


def test_guessing_is_bounded_and_does_not_lock_the_client_out() -> None:
    clients = Clients([caller("ccb", hash_of("right"))])

    async def guesses() -> list[object]:
        wrong = [clients.by_password("ccb", b"%d" % number) for number in range(WAITING_CHECKS + 20)]
        found: list[object] = list(await asyncio.gather(*wrong, return_exceptions=True))
        return [*found, await clients.by_password("ccb", b"right")]

    *guessed, right = asyncio.run(guesses())
    assert sum(one is None for one in guessed) == WAITING_CHECKS
    assert sum(isinstance(one, Unavailable) for one in guessed) == 20
    assert isinstance(right, Caller)


def test_the_password_of_one_client_lets_nobody_else_in() -> None:
    clients = Clients([caller("ccb", hash_of("one")), caller("mdm", Plain(b"two"))])

    async def found() -> list[Caller | None]:
        pairs = [("mdm", b"one"), ("ccb", b"two"), ("nobody", b"one"), ("nobody", b"two"), ("mdm", b"two")]
        return [await clients.by_password(*pair) for pair in pairs]

    assert [one and one.name for one in asyncio.run(found())] == [None, None, None, None, "mdm"]


def test_a_permission_is_for_one_operation_or_one_service_or_everything() -> None:
    some = caller("some", operations=frozenset({"Orders.Place", "Meters.*"}))
    assert some.may("Orders", "Place")
    assert some.may("Meters", "Read")
    assert not some.may("Orders", "Tell")
    assert not some.may("Orders.Place", "x")
    assert caller("all").may("Orders", "Tell")


def test_a_password_does_not_show_itself() -> None:
    assert "open sesame" not in repr(caller("ccb", Plain(b"open sesame")))
