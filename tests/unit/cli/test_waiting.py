"""``queues``, ``show`` and ``skip`` of messages that wait for keys of other routes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from jmswrap.cli.main import cli
from jmswrap.clock import new_id
from jmswrap.message import Message, OtherKey, Settlement
from jmswrap.states import State
from jmswrap.store.opening import client
from jmswrap.store.store import Store

FILE = """\
jmswrap: 1
name: demo
store: {url: "%s", prefix: %s}
routes:
  person: {from: {queue: people}, to: {queue: out}, key: {property: id}}
  usage:
    from: {queue: usage}
    to: {queue: out}
    key: {property: use}
    waits_for: [{route: person, key: {property: id}}]
"""


@pytest.fixture
def held(tmp_path: Path, store_server) -> Iterator[Store]:
    prefix = f"waiting-{tmp_path.name}"
    (tmp_path / "jmswrap.yaml").write_text(FILE % (store_server.url, prefix))
    store = Store(client(store_server.url), prefix)
    yield store
    store.client.close()


def jmswrap(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "-c", str(folder)])


def put(store: Store, queue: str, key: str, *waits_for: OtherKey) -> str:
    message = Message(new_id(), queue, queue, b"<a/>", key=key, waits_for=waits_for)
    store.accept([message])
    return message.id


def test_it_is_told_who_waits_for_whom_and_a_person_may_send_on(tmp_path: Path, held: Store) -> None:
    person = put(held, "people", "7")
    usage, alone = put(held, "usage", "U", OtherKey("people", "7")), put(held, "usage", "", OtherKey("people", "7"))
    (claimed,) = held.claim("people", "w", 1).messages
    held.settle([Settlement(person, claimed.fence, State.DEAD, reason="no such street")])

    said = jmswrap(tmp_path, "queues").output
    assert f"people: 0 wait on key 7 for {person} (DEAD: no such street), and 2 of other keys" in said
    assert f"usage: 2 wait on key 7 of queue people for {person} (DEAD: no such street)" in said
    shown = json.loads(jmswrap(tmp_path, "show", "--json", usage).output)
    assert shown["waits_for"] == f"{person}, which came earlier for key 7 of queue people and is DEAD: no such street"

    assert f"{usage}: waits for 7 of people no longer" in jmswrap(tmp_path, "skip", "usage", "U").output
    shown = json.loads(jmswrap(tmp_path, "show", "--json", usage).output)
    assert (shown["waits_for"], shown["reason"]) == ("", "Sent on without waiting for 7 of people")
    assert f"{alone}: waits for 7 of people no longer" in jmswrap(tmp_path, "skip", "--id", alone).output
    assert {one.id for one in held.claim("usage", "w", 5).messages} == {usage, alone}


def test_skip_says_what_it_needs(tmp_path: Path, held: Store) -> None:
    assert jmswrap(tmp_path, "skip", "usage").exit_code == 2
    done = jmswrap(tmp_path, "skip", "--id", put(held, "usage", "U"))
    assert done.exit_code == 1
    assert "is QUEUED and waits for no other key" in str(done.output) + str(done.stderr)
