"""The CCB-MDM Person Information Sync, both legs, with everything real but the two applications.

It starts an embedded Valkey, the gateway, a worker of jmswrap's and one of RQ's own, and two
applications simulated from their WSDLs. CCB sends several hundred changes of persons; MDM
is away for a few seconds, rejects one change, and answers the others; CCB learns of each.
Exit status 0 means that the two applications' own ledgers prove the promise.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import zeep.exceptions
from rich.console import Console
from rich.progress import Progress

from examples.person_sync import people, report
from examples.person_sync.applications import Hosts, MdmAnswers, Receipt, sender
from jmswrap.testing import ledger

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "jmswrap" / "integrations" / "ccb_mdm" / "jmswrap.yaml"
PEOPLE, ROUNDS = 120, 3
REJECTED = f"20261121{PEOPLE + 14:06d}"
"""The second change of the fourteenth person: MDM has a business rule against it."""
REJECTION_TEXT = "The person's country has no market contract."
REJECTION = (
    '<ouaf:Fault xmlns:ouaf="http://ouaf.oracle.com/"><ResponseStatus>F</ResponseStatus><ResponseCode>1</ResponseCode>'
    f"<ResponseText>{REJECTION_TEXT}</ResponseText><ServerMessage><Category>90000</Category><Number>101</Number>"
    f"<Text>{REJECTION_TEXT}</Text></ServerMessage></ouaf:Fault>"
)
"""What MDM answers then: the detail of its fault, with a message of the customer's own category."""
AWAY_AFTER, AWAY_SECONDS = 150, 3.0
PATIENCE_SECONDS = 90

LEGEND = """
Each message's way, in seconds since the first call: when CCB had its [bold]receipt[/bold],
how many [bold]calls[/bold] jmswrap made to MDM, when MDM had [bold]applied[/bold] it and [bold]answered[/bold]
by its own call of a Write service, and when [bold]CCB[/bold] was [bold]told[/bold].
"""

console = Console()


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process with its output in a file; stop it at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=ROOT)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def wait_until(condition: Callable[[], Any], what: str, *watched: subprocess.Popen[bytes]) -> Any:
    """Wait for a condition, a bounded time; name what was waited for when it does not come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        for process in watched:
            if process.poll() is not None:
                raise SystemExit(
                    f"{' '.join(map(str, process.args))} ended with {process.returncode}, waiting for {what}."
                )
        time.sleep(0.05)
    raise SystemExit(f"Waited {PATIENCE_SECONDS} s in vain for {what}.")


def main() -> int:
    """Play it all; return the exit status."""
    folder = Path(tempfile.mkdtemp(prefix="jmswrap-demo-"))
    console.print("[bold]Person Information Sync, CCB ⇄ MDM, through jmswrap[/bold]\n")
    with ExitStack() as stack:
        hosts = Hosts(
            CONFIG.parent / "wsdl" / "partners",
            folder,
            {
                "rejects": f"tns:externalReferenceId = '{REJECTED}'",
                "rejection": REJECTION,
                "down_after": AWAY_AFTER,
                "down_seconds": AWAY_SECONDS,
            },
        )
        stack.callback(hosts.stop)
        gateway, environment = start(stack, folder, hosts)
        answers = MdmAnswers(gateway, hosts.mdm_ledger)
        answers.start()
        stack.callback(answers.stop)
        began_ms = time.time_ns() // 1_000_000
        receipts = send_all(gateway)
        await_answers(hosts, answers, len(receipts))
        attempts = attempts_of(environment)
    mdm, ccb = ledger.entries(hosts.mdm_ledger), ledger.entries(hosts.ccb_ledger)
    return tell(report.ways(receipts, attempts, mdm, answers.answered, ccb), began_ms, mdm, ccb, folder)


def start(stack: ExitStack, folder: Path, hosts: Hosts) -> tuple[str, dict[str, str]]:
    """Start the store, the gateway and two workers; return the gateway's address and how to look in."""
    partners = {name: {"address": address} for name, address in hosts.addresses.items()}
    overrides: dict[str, Any] = {"partners": partners}
    environment = {**os.environ, "JMSWRAP_CONFIG": str(CONFIG), "JMSWRAP_OVERRIDES": json.dumps(overrides)}
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "jmswrap", "up", "--port", "0", "--workers", "1"]
    command += ["--data", str(folder / "data"), "--ready-file", str(ready)]
    up = stack.enter_context(running(command, environment, folder / "up.log"))
    wait_until(ready.exists, "jmswrap up", up)
    found = json.loads(ready.read_text())
    overrides["store"] = {"url": found["store"]}
    environment["JMSWRAP_OVERRIDES"] = json.dumps(overrides)
    rq = Path(sys.executable).with_name("rq")
    stack.enter_context(running([str(rq), "worker", "-c", "jmswrap.rq"], environment, folder / "rq-worker.log"))
    console.print("  store      an embedded Valkey, every write on disk before it is answered")
    console.print(f"  gateway    {found['gateway']}")
    console.print("  workers    one `jmswrap work`, one plain `rq worker`")
    console.print("  partners   MDM and CCB, simulated from their WSDLs\n")
    return found["gateway"], environment


def send_all(gateway: str) -> list[Receipt]:
    """Send every change of every person, and one that is wrong; return the receipts."""
    send = sender(gateway)
    receipts = []
    with Progress(console=console) as progress:
        task = progress.add_task("CCB sends sync requests", total=PEOPLE * ROUNDS)
        for request in people.changes(PEOPLE, ROUNDS):
            receipts.append(send(request))
            progress.advance(task)
    wrong = next(people.changes(1, 1)) | {"syncRequestId": "20261121999999"}
    wrong["person"]["personOrBusiness"] = "X"
    try:
        send(wrong)
    except zeep.exceptions.Fault as fault:
        console.print("One more is invalid; the door refuses it with a SOAP fault and queues nothing:")
        console.print(f"  [yellow]{fault.code}: {fault.message}[/yellow]\n")
    else:
        raise SystemExit("An invalid message got a receipt.")
    return receipts


def await_answers(hosts: Hosts, answers: MdmAnswers, expected: int) -> None:
    """Wait until CCB was told about every change."""
    with Progress(console=console) as progress:
        task = progress.add_task("CCB learns what became of them", total=expected)

        def told() -> bool:
            if answers.failure is not None:
                raise SystemExit(f"MDM could not answer: {answers.failure}")
            count = len(ledger.entries(hosts.ccb_ledger))
            progress.update(task, completed=count)
            return count >= expected

        wait_until(told, f"{expected} answers at CCB")


def attempts_of(environment: dict[str, str]) -> dict[str, int]:
    """Ask jmswrap how often it called MDM for each sync request."""
    command = [sys.executable, "-m", "jmswrap", "messages", "--json", "--limit", "10000"]
    command += ["--queue", "OUCCB2OUMDM2PersonReqTargetQueue"]
    listed = subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    return {row["correlation_id"]: row["attempts"] for row in json.loads(listed.stdout)}


def tell(ways: list[report.Way], began_ms: int, mdm: list[Any], ccb: list[Any], folder: Path) -> int:
    """Show the ways and the verdict; return the exit status."""
    console.print(LEGEND)
    usual = [way for way in ways if not way.unusual]
    retried = [way for way in ways if way.applied and way.attempts > 1]
    rejected = [way for way in ways if way.applied is None]
    report.show(console, usual[:8], began_ms, f"{len(usual)} went straight through; the first 8:")
    report.show(
        console,
        retried[:8],
        began_ms,
        f"{len(retried)} found MDM away and were delivered by a retry; the first 8:",
    )
    report.show(
        console, rejected, began_ms, "One is against a business rule of MDM, so CCB got a negative acknowledgement:"
    )
    for way in rejected:
        report.show_refusal(console, way)
    with (folder / "ways.txt").open("w") as file:
        report.show(Console(file=file, width=160), ways, began_ms, "Every message's way")
    wrong = report.faults(ways, REJECTED, mdm, ccb)
    if not any(REJECTION_TEXT in entry.values["text"] for entry in ccb):
        wrong.append("CCB was not told the reason that MDM gave for its rejection")
    if not retried:
        wrong.append("no message found MDM away")
    for sentence in wrong:
        console.print(f"[red]✗ {sentence}[/red]")
    if wrong:
        console.print(f"\nThe promise was not kept. Logs and ledgers: {folder}")
        return 1
    seconds = (max(entry.time_ms for entry in ccb) - began_ms) / 1000
    tick = "[green]✓[/green]"
    console.print(f"{tick} {len(ways)} acknowledged; MDM applied {len(mdm)}, each exactly once, in order per person")
    console.print(f"{tick} CCB was told of each of the {len(ccb)} exactly once, {seconds:.1f} s after the first call")
    console.print(f"\nEvery message's way, logs and ledgers: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
