"""CCB and MDM, simulated from their WSDLs, and what each sends to jmswrap."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zeep

from jmswrap.testing import ledger

REQUEST_SERVICE = "OUCCB2OUMDM2PersonSyncReqJMSWriteSvc"
RESPONSE_SERVICE = "OUMDM2OUCCB2PersonSyncRespJMSWriteSvc"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the client got for a message."""

    reference: str
    """The sync request in CCB."""
    person: str
    message_id: str
    status: str
    at_ms: int
    """When the client had it."""


class Hosts:
    """The two partner applications, in a process of their own."""

    def __init__(self, contracts: Path, ledgers: Path, mdm_behaviour: dict[str, Any]) -> None:
        d1, f1 = "D1-SyncRequestInbound", "F1-UpdateAndTransitionSyncRequest"
        self.mdm_ledger, self.ccb_ledger = ledgers / "mdm.jsonl", ledgers / "ccb.jsonl"
        mdm = {"reference": "tns:externalReferenceId", "person": "tns:externalPkValue1"}
        ccb = {"reference": "tns:syncRequestId", "state": "tns:boStatus", "text": "tns:messageText"}
        ccb |= {"category": "tns:messageCategory", "number": "tns:messageNumber"}
        plan = [
            _hosted("mdm_person", contracts / f"{d1}Contact.wsdl", self.mdm_ledger, {"values": mdm, **mdm_behaviour}),
            _hosted("ccb", contracts / f"{f1}.wsdl", self.ccb_ledger, {"values": ccb}),
        ]
        command = [sys.executable, "-m", "jmswrap.testing.host", json.dumps(plan)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.addresses: dict[str, str] = json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        """End the process; it stops when its standard input does."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()


def _hosted(name: str, wsdl: Path, file: Path, behaviour: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "wsdl": str(wsdl), "ledger": str(file), "behaviour": behaviour}


def sender(gateway: str) -> Callable[[dict[str, Any]], Receipt]:
    """Return what CCB does with a sync request: call the Write service, keep the receipt."""
    service = zeep.Client(f"{gateway}/services/{REQUEST_SERVICE}?wsdl").service

    def send(request: dict[str, Any]) -> Receipt:
        receipt = service.process(**request)
        reference, person = request["syncRequestId"], request["pkValue1"]
        return Receipt(reference, person, receipt.messageId, receipt.status, time.time_ns() // 1_000_000)

    return send


@dataclass
class MdmAnswers:
    """MDM's side after it applied a request: it answers by calling the response Write service, later, by itself."""

    gateway: str
    mdm_ledger: Path
    answered: dict[str, Receipt] = field(default_factory=dict)
    """By the sync request in CCB."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    failure: BaseException | None = None

    def start(self) -> None:
        """Begin to answer whatever the ledger shows as applied."""
        self._thread = threading.Thread(target=self._run, name="mdm-answers")
        self._thread.start()

    def stop(self) -> None:
        """Answer no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(30)

    def _run(self) -> None:
        try:
            service = zeep.Client(f"{self.gateway}/services/{RESPONSE_SERVICE}?wsdl").service
            done = 0
            while not self._stop.wait(0.05):
                applied = ledger.entries(self.mdm_ledger)
                for entry in applied[done:]:
                    self._answer(service, entry)
                done = len(applied)
        except BaseException as error:  # noqa: BLE001  told by the play, which waits for the answers
            self.failure = error

    def _answer(self, service: Any, entry: ledger.Entry) -> None:
        reference, person = entry.values["reference"], entry.values["person"]
        receipt = service.process(
            externalReferenceId=reference,
            externalSystem="OU_CCB2_01",
            externalPkValue1=person,
            syncRequestId=f"MDM{entry.sequence:09d}",
            outcome="SYNCHRONIZED",
            productionPkValue=f"C-{person}",
        )
        self.answered[reference] = Receipt(
            reference, person, receipt.messageId, receipt.status, time.time_ns() // 1_000_000
        )
