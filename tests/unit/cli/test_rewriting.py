"""``edit``, ``move`` and ``skip``: a person's ways around a message that is stuck."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jmswrap.contract.wrap import wrap
from jmswrap.message import Settlement
from jmswrap.states import State
from jmswrap.store.store import Store

ORDERS = Path(__file__).parents[2] / "data" / "partner" / "orders.wsdl"
CONFIG = """
jmswrap: 1
name: orders
namespaces: {o: "urn:example:orders"}
routes:
  Orders:
    from: {service: Orders, operation: Place}
    to: {partner: Orders}
    id: {message_id: true}
    key: {xpath: "o:number"}
  News:
    from: {service: Orders, operation: Tell}
    to: {queue: parked}
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    wrap(str(ORDERS), tmp_path / "orders")
    file = tmp_path / "orders" / "jmswrap.yaml"
    made = yaml.safe_load(file.read_text())
    file.write_text(
        yaml.safe_dump({**yaml.safe_load(CONFIG), **{name: made[name] for name in ("services", "partners")}})
    )
    return tmp_path / "orders"


def order(folder: Path, name: str, quantity: str = "3") -> Path:
    file = folder / f"{name}.xml"
    wsa, soap = "http://www.w3.org/2005/08/addressing", "http://schemas.xmlsoap.org/soap/envelope/"
    body = f'<Place xmlns="urn:example:orders"><number>A1</number><quantity>{quantity}</quantity></Place>'
    header = f'<a:MessageID xmlns:a="{wsa}">urn:{name}</a:MessageID>'
    file.write_text(f'<e:Envelope xmlns:e="{soap}"><e:Header>{header}</e:Header><e:Body>{body}</e:Body></e:Envelope>')
    return file


def send(jmswrap: Run, *files: Path) -> list[str]:
    done = jmswrap("send", "--json", "Orders", *files)
    assert done.returncode == 0, done.stderr
    return [str(one["message_id"]) for one in json.loads(done.stdout)]


def fail(store: Store, state: State) -> None:
    (claimed,) = store.claim("Orders", "w", 1).messages
    store.settle([Settlement(claimed.id, claimed.fence, state, reason="it said no", wait_ms=60_000)])


def shown(jmswrap: Run, message: str) -> dict[str, object]:
    found = json.loads(jmswrap("show", "--json", "--body", message).stdout)
    assert isinstance(found, dict)
    return found


def test_an_edited_message_goes_in_its_place_and_the_two_name_each_other(jmswrap, folder, held):
    first, second = send(jmswrap, order(folder, "one"), order(folder, "two"))
    fail(held, State.DEAD)
    (folder / "better.xml").write_text(
        '<Place xmlns="urn:example:orders"><number>A1</number><quantity>7</quantity></Place>'
    )
    done = jmswrap("edit", first, folder / "better.xml", "--reason", "typing error")
    assert done.returncode == 0, done.stderr
    new = done.stdout.strip().removeprefix(f"{first}: replaced by ")
    old = shown(jmswrap, first)
    assert (old["state"], old["reason"]) == ("CANCELLED", f"replaced by {new}: typing error")
    assert "<quantity>3</quantity>" in str(old["body"])
    replacement = shown(jmswrap, new)
    assert replacement["properties"] == {"JMSWRAP_replaces": first}
    assert (replacement["key"], replacement["source_id"]) == ("A1", "urn:one")
    claimed = held.claim("Orders", "w", 5).messages
    assert [one.id for one in claimed] == [new]
    assert b"<quantity>7</quantity>" in claimed[0].body
    assert shown(jmswrap, second)["waits_for"] == f"{new}, which came earlier for this key and is IN_FLIGHT"
    assert "IN_FLIGHT: only a message" in jmswrap("edit", new, folder / "better.xml").stderr


def test_an_edit_that_does_not_fit_the_contract_changes_nothing(jmswrap, folder, held):
    (message,) = send(jmswrap, order(folder, "one"))
    (folder / "worse.xml").write_text('<Place xmlns="urn:example:orders">\n<quantity>7</quantity></Place>')
    done = jmswrap("edit", message, folder / "worse.xml")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "worse.xml: line 2: " in done.stderr
    assert shown(jmswrap, message)["state"] == "QUEUED"


def test_dead_messages_are_moved_to_another_queue_by_a_filter(jmswrap, folder, held):
    first, second = send(jmswrap, order(folder, "one"), order(folder, "two"))
    fail(held, State.DEAD)
    done = jmswrap("move", "--all", "--reason-has", "said no", "--to", "parked")
    assert (done.returncode, done.stdout) == (0, "1 message moved to parked\n"), done.stderr
    (moved,) = held.claim("parked", "w", 5).messages
    assert moved.record.message.properties == {"JMSWRAP_replaces": first}
    assert shown(jmswrap, first)["reason"] == f"replaced by {moved.id}"
    assert [one.id for one in held.claim("Orders", "w", 5).messages] == [second]
    assert "There is no queue `parkd`: did you mean `parked`?" in jmswrap("move", second, "--to", "parkd").stderr
    done = jmswrap("move", second, "--to", "News")
    assert "does not fit queue News: no operation of this route takes" in done.stderr


def test_a_blocked_key_is_seen_and_its_head_is_skipped(jmswrap, folder, held):
    first, second = send(jmswrap, order(folder, "one"), order(folder, "two"))
    fail(held, State.WAITING)
    assert f"Orders: 1 wait on key A1 for {first} (WAITING: it said no)" in jmswrap("queues").stdout
    assert f"{first}, which came earlier for this key and is WAITING: it said no" in jmswrap("show", second).stdout
    done = jmswrap("skip", "Orders", "A1", "--reason", "the customer is gone")
    assert done.stdout == f"{first}: skipped, later messages of A1 go on\n", done.stderr
    old = shown(jmswrap, first)
    reason = "it said no. Later messages of its key were let pass: the customer is gone"
    assert (old["state"], old["reason"]) == ("DEAD", reason)
    assert [one.id for one in held.claim("Orders", "w", 5).messages] == [second]
    assert jmswrap("queues", "--json").stdout.count('"blocked": []') == 3
    assert "Nothing waits on queue Orders under the key B" in jmswrap("skip", "Orders", "B").stderr
