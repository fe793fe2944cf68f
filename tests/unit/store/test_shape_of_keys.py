"""keys.py, states.py and the scripts agree with each other."""

import re
from importlib import resources

from store_desk import Desk

from jmswrap.message import Message
from jmswrap.states import MOVES, State, may_move
from jmswrap.store import keys, lua
from jmswrap.store.nouns import Guard, Hold

SCRIPTS = resources.files("jmswrap.store").joinpath("scripts")


def kinds(pattern: str) -> str:
    return pattern.split(":")[0]


def test_every_key_a_script_names_is_in_the_table() -> None:
    documented = {kinds(key.pattern) for key in keys.TABLE}
    used = set()
    for file in SCRIPTS.iterdir():
        used |= set(re.findall(r"P \.\. '([a-z]+)", file.read_text("utf-8")))
    assert used == documented


def test_every_script_begins_with_its_keys_arguments_and_answer() -> None:
    for name in lua.NAMES:
        head = SCRIPTS.joinpath(f"{name}.lua").read_text("utf-8")[:1500]
        for word in ("-- Keys:", "-- ARGV:", "-- Returns:"):
            assert word in head, (name, word)


def test_every_script_file_is_a_known_script_or_a_part() -> None:
    files = {file.name.removesuffix(".lua") for file in SCRIPTS.iterdir()}
    assert {name for name in files if not name.startswith("_")} == set(lua.NAMES)


def a_life_with_every_move(desk: Desk) -> None:
    """Make each move of the table once, by the scripts."""
    store = desk.store

    def settled(state: State, **fields: object) -> Hold:
        desk.put()
        hold = desk.take()
        desk.settle(hold, state, **fields)
        return hold

    for fields in ({"delay_ms": 60_000}, {}):
        store.cancel(desk.put(**fields))
        desk.put(time_to_live_ms=1_000, **fields)
    desk.pass_ms(2_000)
    store.sweep()
    waiting = [settled(State.WAITING, wait_ms=60_000), settled(State.WAITING, wait_ms=60_000)]
    store.cancel(waiting[0].id)
    desk.put(delay_ms=1_000)
    desk.pass_ms(60_000)
    for one in store.claim("q", "w", 10).messages:
        desk.settle(Hold(one.id, one.fence), State.QUEUED)
    for one in store.claim("q", "w", 10).messages:
        desk.settle(Hold(one.id, one.fence), State.DELIVERED)
    desk.put(time_to_live_ms=5_000)
    desk.settle(desk.take(), State.WAITING, wait_ms=60_000)
    desk.pass_ms(6_000)
    store.sweep()
    store.bury(settled(State.DEAD).id)
    desk.put("A")
    one = desk.take()
    desk.settle(one, State.WAITING, wait_ms=60_000)
    store.skip(one.id, "Skipped.")
    store.replace(settled(State.IN_DOUBT).id, Message("n" * 26, "q", "r", b"<a/>"))
    store.cancel("n" * 26)
    store.replay(settled(State.DEAD).id)
    desk.settle(desk.take(), State.DELIVERED)
    for to in (State.QUEUED, State.DELIVERED, State.DEAD):
        store.resolve(settled(State.IN_DOUBT).id, to)
        for one in desk.claim():
            desk.settle(Hold(one.id, one.fence), State.DELIVERED)


def test_the_scripts_make_exactly_the_moves_of_the_table(desk: Desk) -> None:
    a_life_with_every_move(desk)
    made = set()
    for key in desk.store.client.keys(f"{desk.store.prefix}:tot:*"):
        made |= {event.decode() for event in desk.store.client.hkeys(key) if not event.startswith(b"=")}
    wanted = {f"{before or '-'}>{after}" for before, moves in MOVES.items() for after in moves}
    assert made == wanted
    assert may_move(None, State.QUEUED)


def test_every_key_left_by_a_life_has_the_type_the_table_says(desk: Desk) -> None:
    a_life_with_every_move(desk)
    desk.put("A", delay_ms=5)
    desk.claim(guard=Guard("crm", rate_per_second=5, breaker_failures=1))
    types = {kinds(key.pattern): key.type for key in keys.TABLE}
    for key in desk.store.client.keys(f"{desk.store.prefix}:*"):
        kind = key.decode().split(":")[1]
        assert desk.store.client.type(key).decode() == types[kind], key
