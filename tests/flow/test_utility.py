"""The small CCB and the small MDM with jmswrap between them: fourteen processes, one answer a request."""

import json
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from examples.utility_day.machine import CONFIG, Machine, started, wait_until
from jmswrap.testing.utility import population
from jmswrap.testing.utility.application import Settings
from jmswrap.testing.utility.catalog import ENTITIES
from jmswrap.testing.utility.reconcile import reconcile
from jmswrap.testing.utility.running import CCB, ApplicationFailed, Running

CUSTOMERS = 6


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with started(tmp_path_factory.mktemp("utility"), rq_worker=False) as running:
        running.ccb.ask("customers", start=0, count=CUSTOMERS)
        running.ccb.ask("readings", start=0, count=CUSTOMERS)
        settle(running)
        yield running


def settle(machine: Machine) -> None:
    wait_until(lambda: machine.ccb.ask("open") == 0, f"an answer to every request; see {machine.folder}/up.log")


def sync_request(machine: Machine, number: int) -> dict[str, Any]:
    return machine.ccb.rows("SELECT * FROM sync_request WHERE id = ?", number)[0]


@contextmanager
def silent() -> Iterator[str]:
    """Serve an address that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def send(machine: Machine, leg: str, body: bytes) -> None:
    soap = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>' % body
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"process"'}
    asked = urllib.request.Request(f"{machine.gateway}/services/{leg}JMSWriteSvc", soap, headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert b"ACCEPTED" in answer.read()


def retried(machine: Machine, message_id: str) -> str:
    """Send a message again; return what the operator is warned of."""
    command = [sys.executable, "-m", "jmswrap", "retry", message_id]
    done = subprocess.run(command, env=machine.environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stderr


def test_all_fourteen_processes_go_both_ways_with_no_difference_at_the_end(machine: Machine) -> None:
    machine.ccb.ask("bill")
    settle(machine)
    corrected = machine.mdm.ask("correct", count=2)
    wait_until(lambda: machine.ccb.number("SELECT count(*) FROM replacement") == corrected, "the replacement reads")
    settle(machine)

    syncs = machine.ccb.rows("SELECT entity, state, transitions, repeated FROM sync_request WHERE initial_load = 1")
    assert {row["entity"] for row in syncs} == {entity.name for entity in ENTITIES}, "the eleven synchronizations"
    assert {(row["state"], row["transitions"], row["repeated"]) for row in syncs} == {("SYNCHRONIZED", 1, 0)}
    usages = machine.ccb.rows("SELECT kind, state, transitions FROM usage_request")
    assert {row["kind"] for row in usages} == {"BATCH", "ONLINE"}, "and both kinds of bill determinants"
    assert {(row["state"], row["transitions"]) for row in usages} == {("BD_PROCESSED", 1)}
    found = reconcile(machine.ccb.books, machine.mdm.books, CONFIG.parent)
    assert found.differences == []
    assert all(one.equal == one.ccb == one.mdm > 0 for one in found.compared)


def test_an_answered_request_that_is_sent_again_and_replayed_moves_once_in_ccb(
    machine: Machine, tmp_path: Path
) -> None:
    number = machine.ccb.ask("move", number=0)
    settle(machine)
    machine.ccb.ask("repeat", request=number)
    wait_until(lambda: sync_request(machine, number)["receipt"] == "DUPLICATE", "the receipt of the repetition")
    replayed = {"OUCCB2OUMDM2PersonReqTargetQueue": "", "OUMDM2OUCCB2PersonRespSourceQueue": ""}
    for queue in replayed:
        listed = machine.jmswrap("messages", "--queue", queue)
        message = next(row for row in listed if row["correlation_id"] == str(number))
        body = tmp_path / "body.xml"
        body.write_text(machine.jmswrap("show", message["id"], "--body")["body"])
        machine.jmswrap("put", queue, str(body), "--key", message["key"])
    wait_until(lambda: sync_request(machine, number)["repeated"] == 1, "the answer that was put once more")

    request = sync_request(machine, number)
    assert (request["state"], request["transitions"], request["contradicted"]) == ("SYNCHRONIZED", 1, 0)
    known = "SELECT repeated FROM sync_request WHERE reference = ?"
    wait_until(lambda: machine.mdm.rows(known, str(number)) == [{"repeated": 1}], "MDM to find the request repeated")


def test_a_refused_request_is_answered_negatively_once_however_often_it_is_replayed(machine: Machine) -> None:
    number = machine.ccb.ask("move", number=1, country="MEX")
    settle(machine)
    request = sync_request(machine, number)
    assert (request["state"], request["category"], request["number"]) == ("ERROR", 90000, 101)
    queue = "OUCCB2OUMDM2PersonReqTargetQueue"
    dead = machine.jmswrap("messages", "--queue", queue, "--state", "DEAD")
    calls = machine.mdm.ask("calls")
    assert "the sender has had a negative answer" in retried(machine, dead[0]["id"])
    wait_until(lambda: machine.mdm.ask("calls") > calls, "MDM to refuse it again")
    wait_until(lambda: machine.jmswrap("show", dead[0]["id"])["state"] == "DEAD", "the refusal")
    assert sync_request(machine, number)["transitions"] == 1
    assert sync_request(machine, number)["repeated"] == 0


def test_a_request_in_error_is_sent_again_after_it_was_mended(machine: Machine) -> None:
    refused = machine.ccb.ask("move", number=2, country="MEX")
    settle(machine)
    assert reconcile(machine.ccb.books, machine.mdm.books, CONFIG.parent).explained
    mended = machine.ccb.ask("move", number=2)
    machine.ccb.ask("resend", request=refused)
    settle(machine)
    assert [sync_request(machine, number)["state"] for number in (refused, mended)] == ["SYNCHRONIZED"] * 2
    assert sync_request(machine, refused)["transitions"] == 2, "one answer each time it was sent"


def test_a_composite_request_is_kept_whole_or_not_at_all_in_mdm(machine: Machine) -> None:
    sample = (CONFIG.parent / "samples" / "05-meter-request-composite.xml").read_bytes()
    lacking = sample.replace(b"20261121000034", b"20261121990001")
    whole = lacking.replace(b"20261121990001", b"20261121990002").replace(b"6600110055", b"6600110056")
    whole = whole.replace(
        b"2200110044", machine.mdm.rows("SELECT external_id FROM service_point")[0]["external_id"].encode()
    )
    for body in (lacking, whole):
        send(machine, "OUCCB2OUMDM2MeterSyncReq", body)
    taken = "SELECT state FROM sync_request WHERE reference = ?"
    wait_until(lambda: machine.mdm.rows(taken, "20261121990002") == [{"state": "COMPLETE"}], "the composite request")
    wait_until(lambda: machine.mdm.rows(taken, "20261121990001"), "the one whose service point MDM does not know")
    kept = ("device", "6600110056"), ("device_configuration", "6600110099"), ("install_event", "1100110077")
    for table, key in kept:
        assert machine.mdm.number(f"SELECT count(*) FROM {table} WHERE external_id = ?", key) == 1, table
    assert machine.mdm.number("SELECT count(*) FROM measuring_component WHERE configuration = '6600110099'") == 1
    assert machine.mdm.number("SELECT count(*) FROM device WHERE external_id = '6600110055'") == 0
    assert machine.mdm.rows(taken, "20261121990001") == [{"state": "PENDING"}], "it waits for its service point"


def test_a_sync_request_that_changes_nothing_is_discarded_and_one_that_awaits_or_failed_can_be_canceled(
    machine: Machine,
) -> None:
    known = machine.ccb.rows("SELECT id, document FROM person ORDER BY id")[0]
    same = machine.ccb.ask("change", entity="person", key=known["id"], document=json.loads(known["document"]))
    settle(machine)
    assert sync_request(machine, same)["state"] == "DISCARDED"
    refused = machine.ccb.ask("move", number=3, country="MEX")
    settle(machine)
    machine.ccb.ask("cancel", request=refused)
    assert sync_request(machine, refused)["state"] == "CANCELED"
    with pytest.raises(ApplicationFailed, match="it is final"):
        machine.ccb.ask("cancel", request=same)
    with pytest.raises(ApplicationFailed, match="only those are sent again"):
        machine.ccb.ask("resend", request=refused)


def test_a_sync_request_that_nobody_answers_is_in_error_when_its_time_is_over_and_can_be_sent_again(
    tmp_path: Path,
) -> None:
    books = Settings(str(tmp_path / "ccb.sqlite"), str(CONFIG.parent), time_out_seconds=0.5)
    with silent() as gateway, Running(CCB, books) as ccb:
        ccb.ask("connect", gateway=gateway)
        number = ccb.ask("change", entity="person", key="1", document=population.person(0, moved=True).document)
        state = "SELECT state, sendings, text FROM sync_request WHERE id = ?"
        wait_until(lambda: ccb.rows(state, number)[0]["state"] == "ERROR", "the time-out")
        assert "in time" in ccb.rows(state, number)[0]["text"]
        assert ccb.number("SELECT count(*) FROM to_do") == 1
        ccb.ask("resend", request=number)
        wait_until(lambda: ccb.rows(state, number)[0]["sendings"] == 2, "the second sending")


def test_a_usage_that_mdm_cannot_calculate_is_answered_negatively(machine: Machine) -> None:
    for made in population.customer(CUSTOMERS):
        machine.ccb.ask(
            "change", entity=made.entity.name, key=made.key, document=made.document, agreement=made.agreement
        )
    number = machine.ccb.ask("bill_online", agreement=population.agreement_key(CUSTOMERS))
    states = json.dumps(machine.ccb.rows("SELECT state FROM usage_request WHERE id = ?", number))
    assert "ERROR" not in states, "it waits for the synchronizations of its service agreement"
    settle(machine)
    usage = machine.ccb.rows("SELECT * FROM usage_request WHERE id = ?", number)[0]
    assert (usage["state"], usage["transitions"]) == ("ERROR", 1)
    assert "There is no measurement" in usage["text"]
