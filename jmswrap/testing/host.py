"""Hosts simulated partners: each on a port of its own, all in one process.

``python -m jmswrap.testing.host PLAN`` takes a JSON plan (a list of ``Hosted`` objects) and
runs until SIGINT or SIGTERM, or until the process that started it is gone. A program that
gives it a pipe as standard input reads the addresses as one line of JSON from its standard
output when all listen, and ends it by closing the pipe.
"""

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jmswrap import log
from jmswrap.app import lifeline
from jmswrap.errors import ConfigError, JmswrapError
from jmswrap.testing.http import Server
from jmswrap.testing.ledger import Ledger
from jmswrap.testing.partner import Behaviour, SimulatedPartner

_LOG = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Hosted:
    """One partner to be hosted."""

    name: str
    wsdl: str
    service: str = ""
    port_name: str = ""
    """The WSDL port."""
    port: int = 0
    """The TCP port; 0 takes a free one."""
    ledger: str = ""
    """The ledger file; empty: none is written."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    scenario: str = ""
    """A file that says what it does step by step."""
    descriptor: int = -1
    """The file descriptor of a socket that listens on the port already, when a parent made it."""


@dataclass(frozen=True, slots=True)
class Running:
    """A hosted partner that listens."""

    hosted: Hosted
    partner: SimulatedPartner
    server: Server

    @property
    def address(self) -> str:
        """Where it is called."""
        return f"http://{self.server.host}:{self.server.port}/{quote(self.hosted.name)}"


def plan_of(text: str) -> list[Hosted]:
    """Return the plan that a JSON text holds."""
    rows: list[dict[str, Any]] = json.loads(text)
    return [Hosted(**{**row, "behaviour": Behaviour(**row.get("behaviour", {}))}) for row in rows]


def prepare(plan: Sequence[Hosted]) -> list[Running]:
    """Read the contracts and open the ledgers; a wrong WSDL is a ContractError."""
    ready = []
    for hosted in plan:
        ledger = Ledger(Path(hosted.ledger) if hosted.ledger else None)
        scenario = Path(hosted.scenario) if hosted.scenario else None
        partner = SimulatedPartner(
            Path(hosted.wsdl), ledger, hosted.behaviour, hosted.service, hosted.port_name, scenario
        )
        listener = socket.socket(fileno=hosted.descriptor) if hosted.descriptor >= 0 else None
        server = Server(partner.respond, port=hosted.port, listener=listener)
        partner.go_away = server.go_away
        ready.append(Running(hosted, partner, server))
    return ready


async def listen(prepared: Sequence[Running]) -> None:
    """Start every server; ConfigError when a port is taken."""
    for running in prepared:
        try:
            await running.server.start()
        except OSError as error:
            raise ConfigError(f"port {running.server.port} is taken: name another one ({error.strerror})") from error
        running.partner.address = running.address


async def until_stopped(prepared: Sequence[Running], watch_stdin: bool = False) -> None:
    """Run until SIGINT or SIGTERM, or the end of standard input."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        loop.add_reader(sys.stdin.fileno(), stop.set)
    await stop.wait()
    for running in prepared:
        running.server.stop()
        running.partner.ledger.close()


async def _run(prepared: Sequence[Running]) -> None:
    await listen(prepared)
    for running in prepared:
        _LOG.info("listening", partner=running.hosted.name, address=running.address)
    piped = stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
    if piped:
        addresses = {running.hosted.name: running.address for running in prepared}
        sys.stdout.write(json.dumps(addresses) + "\n")
        sys.stdout.flush()
    await until_stopped(prepared, watch_stdin=piped)


def main() -> int:
    """Run the plan given as the first argument."""
    log.to_stderr()
    lifeline.attach(os.environ)
    try:
        asyncio.run(_run(prepare(plan_of(sys.argv[1]))))
    except JmswrapError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
