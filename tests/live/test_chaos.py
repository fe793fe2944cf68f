"""Whatever is killed while messages come and go, none is lost, and nothing happens twice unmarked.

A store, a gateway, two workers and a simulated partner, as ``up`` runs them; ``kill -9`` for one
after the other, in an order that a seed gives. One route sends again when in doubt and queues its
replies, the other leaves doubts to a person, who here looks them up in the partner's ledger.
"""

import http.client
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree
from machine import PATIENCE_SECONDS, Up, descendants, eventually, up

from jmswrap import xml
from jmswrap.contract.wrap import wrap
from jmswrap.deliver.pace import DEADLY
from jmswrap.message import Record
from jmswrap.states import State
from jmswrap.store import opening
from jmswrap.store.store import Store
from jmswrap.testing.ledger import entries

ORDERS = Path(__file__).parents[1] / "data/partner/orders.wsdl"
SEED = int(os.environ.get("JMSWRAP_CHAOS_SEED", "20261121"))
"""Another one, from the environment, tries another order of kills."""
KEYS = 8
MESSAGES_PER_KEY = 25
VICTIMS = ("work", "valkey-server", "work", "serve", "work", "valkey-server", "work")
SETTINGS = """
jmswrap: 1
name: chaos
namespaces: {o: "urn:example:orders"}
store: {lease_seconds: 2}
# All is judged in the store, however long the machine takes.
history: {after_seconds: 86400}
services:
  Orders: {wsdl: wsdl/Orders.wsdl}
partners:
  Orders: {wsdl: contracts/orders.wsdl, service: Orders, port: Eleven, breaker_failures: 0}
routes:
  place:
    from: {service: Orders, operation: Place}
    to: {partner: Orders}
    key: {xpath: "o:number"}
    id: {xpath: "o:note"}
    in_doubt: redeliver
    reply: {queue: answers}
  tell:
    from: {service: Orders, operation: Tell}
    to: {partner: Orders}
    key: {xpath: "substring-before(o:news, '/')"}
    id: {xpath: "o:news"}
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as its caller knows it."""

    key: str
    number: int
    body: bytes

    @property
    def sha256(self) -> str:
        return xml.canonical_hash(etree.fromstring(self.body))


@dataclass
class Caller:
    """Sends the messages of one key, each again and again until it has its receipt."""

    address: str
    messages: Sequence[Sent]
    over: threading.Event
    receipts: dict[str, Sent] = field(default_factory=dict)

    def run(self) -> None:
        for one in self.messages:
            while not self.over.is_set():
                receipt = self._receipt(one)
                if receipt:
                    self.receipts[receipt] = one
                    break
                self.over.wait(0.1)
            self.over.wait(0.15)

    def _receipt(self, one: Sent) -> str:
        place = urlsplit(self.address)
        envelope = b'<e:Envelope xmlns:e="%s"><e:Body>%s</e:Body></e:Envelope>' % (xml.SOAP_11.encode(), one.body)
        with closing(http.client.HTTPConnection(str(place.hostname), place.port, timeout=20)) as connection:
            try:
                connection.request("POST", place.path, envelope, {"Content-Type": "text/xml", "SOAPAction": '""'})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                return ""
        assert answer.status in (200, 503), body
        return etree.fromstring(body).findtext(".//{*}messageId") or "" if answer.status == 200 else ""


def messages_of(key: str, route: str) -> list[Sent]:
    shape = {
        "place": "<Place {2}><number>{0}</number><quantity>{1}</quantity><note>{0}-{1}</note></Place>",
        "tell": "<Tell {2}><news>{0}/{1}</news></Tell>",
    }[route]
    return [
        Sent(key, number, shape.format(key, number, 'xmlns="urn:example:orders"').encode())
        for number in range(MESSAGES_PER_KEY)
    ]


def kill_one(running: Up, word: str, chance: random.Random) -> bool:
    """Kill a process of ``up`` whose command line has the word; False when none runs now."""
    found = []
    for pid in sorted(descendants(running.process.pid)):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        except OSError:
            continue
        if word in words[0] or word in words[3:4]:
            found.append(pid)
    if not found:
        return False
    try:
        os.kill(chance.choice(found), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def settle_by_hand(store: Store, receipts: dict[str, Sent], ledger: Path) -> set[str]:
    """Do what a person does about messages in doubt or dead; returns those that are sent again."""
    again = set()
    for record in store.messages("tell", State.IN_DOUBT):
        applied = {entry.sha256 for entry in entries(ledger)}
        arrived = receipts[record.message.id].sha256 in applied
        store.resolve(record.message.id, State.DELIVERED if arrived else State.QUEUED)
        if not arrived:
            again.add(record.message.id)
    for record in store.messages("place", State.IN_DOUBT):
        # By chance its answer was being read at three deaths in a row.
        assert "reading the answer killed its worker" in record.reason, record
        store.read_again(record.message.id)
    for queue in ("place", "tell"):
        # By chance one message was under way at three deaths in a row, and nothing is wrong with it.
        for record in store.messages(queue, State.DEAD):
            assert record.kills >= DEADLY, record
            store.replay(record.message.id)
            again.add(record.message.id)
    return again


def records_of(store: Store, ids: Sequence[str]) -> dict[str, Record]:
    found = {one: store.record(one) for one in ids}
    assert all(found.values()), "a message with a receipt is not in the store"
    return {one: record for one, record in found.items() if record}


def test_kills_lose_nothing_keep_the_order_and_double_only_what_is_marked(tmp_path: Path) -> None:
    folder = tmp_path / "chaos"
    wrap(str(ORDERS), folder)
    (folder / "jmswrap.yaml").write_text(SETTINGS)
    chance, over = random.Random(SEED), threading.Event()
    with up(folder, "--simulate", "--workers", 2, "--latency", 150) as running:
        address = running.facts["services"]["Orders"]["address"]
        ledger = Path(running.facts["partners"]["Orders"]["ledger"])
        callers = [
            Caller(address, messages_of(f"{route}{key}", route), over)
            for route in ("place", "tell")
            for key in range(KEYS)
        ]
        threads = [threading.Thread(target=caller.run) for caller in callers]
        for thread in threads:
            thread.start()
        for victim in VICTIMS:
            over.wait(chance.uniform(0.3, 0.9))
            eventually(lambda word=victim: kill_one(running, word, chance), f"a {victim} to kill")
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        over.set()
        receipts = {one: sent for caller in callers for one, sent in caller.receipts.items()}
        assert len(receipts) == 2 * KEYS * MESSAGES_PER_KEY

        store = Store(opening.client(running.facts["store"]), "chaos")
        again: set[str] = set()

        def unsettled() -> list[Record]:
            again.update(settle_by_hand(store, receipts, ledger))
            return [one for one in records_of(store, list(receipts)).values() if one.state is not State.DELIVERED]

        try:
            eventually(lambda: not unsettled(), "every message to be delivered")
        except AssertionError:
            left = [f"{one.message.key} {one.state} {one.kills} kills: {one.reason}" for one in unsettled()]
            pytest.fail("\n".join(["not delivered:", *left, running.log.read_text()[-4_000:]]))
        records = records_of(store, list(receipts))
        answers = store.messages("answers", limit=1_000)
        store.client.close()

    applied = entries(ledger)
    times = Counter(entry.sha256 for entry in applied)
    by_sha256 = {sent.sha256: (one, sent) for one, sent in receipts.items()}
    assert set(times) == set(by_sha256)
    for sha256, count in times.items():
        one, _ = by_sha256[sha256]
        assert count <= records[one].deliveries
        assert count == 1 or records[one].redelivered or one in again
    for key in {sent.key for sent in receipts.values()}:
        numbers = [by_sha256[entry.sha256][1].number for entry in applied if by_sha256[entry.sha256][1].key == key]
        assert numbers == sorted(numbers), key
    answered = Counter(record.message.correlation_id for record in answers)
    assert answered == Counter(one for one, sent in receipts.items() if sent.key.startswith("place"))
    doubled = sum(count - 1 for count in times.values())
    print(f"{len(receipts)} receipts, {len(applied)} applied, {doubled} twice, {len(again)} sent again by a person")
