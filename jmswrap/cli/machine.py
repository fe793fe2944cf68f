"""All processes of an integration on one machine: store, partners, gateway, workers.

Started in the order in which they need each other, stopped in the order that loses
nothing: first the door, then the workers, then the partners they call, last the store.
"""

import asyncio
import contextlib
import json
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import click

from jmswrap import clock
from jmswrap.app import backups, credentials, estate, gateway, overrides
from jmswrap.app.integration import Integration
from jmswrap.app.stores import data_folder
from jmswrap.app.supervisor import Child, Supervisor
from jmswrap.cli.backup import said
from jmswrap.cli.probe import answers_ready
from jmswrap.cli.serve import LISTENER_VARIABLE
from jmswrap.errors import ConfigError
from jmswrap.soap import server
from jmswrap.store.server import EmbeddedServer
from jmswrap.testing.host import Hosted
from jmswrap.testing.http import BACKLOG
from jmswrap.testing.partner import Behaviour

STOP_SECONDS = {"gateway": 30.0, "bridge": 30.0, "worker": 45.0, "partners": 5.0}
"""How long each kind of process may take to end what it is doing, in the order of stopping."""

PROBE_SECONDS = 0.05
"""Between two questions whether a child stands."""

ASK_SECONDS = 1.0
"""How long one such question waits for its answer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line asks for beyond the file."""

    overrides: dict[str, Any]
    simulate: bool = False
    latency_ms: float = 0
    faults: float = 0
    restored: bool = False
    """The store is a restored copy: it is dealt with before anything else is started."""


class Machine:
    """One integration's processes; ``start`` once, ``stop`` once."""

    def __init__(self, integration: Integration, wanted: Wanted) -> None:
        self.integration = integration
        self.supervisor = Supervisor()
        self._wanted = wanted
        self._store: EmbeddedServer | None = None
        self._listener: socket.socket | None = None
        self._partners: list[socket.socket] = []
        """Where the simulated partners listen; held here, so that no other program takes the port of a killed one."""
        self._overrides = dict(wanted.overrides)

    async def start(self) -> dict[str, Any]:
        """Start everything and return the addresses when the gateway is ready."""
        settings = self.integration.config.gateway
        self._listener = server.listen(settings.host, settings.port)
        url = await asyncio.to_thread(self._start_store)
        if self._wanted.restored:
            click.echo(said(await asyncio.to_thread(backups.deal_with, self.integration, url)))
        else:
            await asyncio.to_thread(backups.require_dealt_with, self.integration, url)
        partners = self._simulated() if self._wanted.simulate else []
        if partners:
            plan = json.dumps([asdict(hosted) for hosted in partners])
            command = [sys.executable, "-m", "jmswrap.testing.host", plan]
            inherited = tuple(hosted.descriptor for hosted in partners)
            host = Child("partners", command, dict(os.environ), STOP_SECONDS["partners"], inherited)
            await self.supervisor.start(host)
        await self._start_gateway_and_workers(url, partners)
        host, port = self._listener.getsockname()[:2]
        await self._until(partial(answers_ready, host, port, bool(settings.tls.certificate)))
        for hosted in partners:
            await self._until(partial(answers_ready, "127.0.0.1", hosted.port, False))
        return self._facts(url, partners)

    @property
    def restores(self) -> bool:
        """The start deals with a restored store first."""
        return self._wanted.restored

    async def stop(self) -> None:
        """Stop everything that was started."""
        await self.supervisor.stop(list(STOP_SECONDS))
        for listener in (self._listener, *self._partners):
            if listener is not None:
                listener.close()
        if self._store is not None:
            await asyncio.to_thread(self._store.stop)

    def _start_store(self) -> str:
        settings = self.integration.config.store
        if settings.url:
            return settings.url
        folder = data_folder(self.integration)
        self._store = EmbeddedServer(folder, settings.server)
        try:
            return self._store.start().url
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(f"the data folder {folder} cannot be used: {why}; set store.data, or --data") from error

    def _simulated(self) -> list[Hosted]:
        """Plan the partners, each with a port that it keeps when it is started again."""
        folder = data_folder(self.integration) / "ledgers"
        behaviour = Behaviour(latency_ms=self._wanted.latency_ms, faults=self._wanted.faults)
        plan = []
        for name, partner in self.integration.config.partners.items():
            wsdl = str(self.integration.folder / partner.wsdl)
            ledger = str(folder / f"{name}.jsonl")
            listener = _any_port(name)
            self._partners.append(listener)
            port, descriptor = listener.getsockname()[1], listener.fileno()
            plan.append(
                Hosted(name, wsdl, partner.service, partner.port, port, ledger, behaviour, descriptor=descriptor)
            )
        return plan

    async def _start_gateway_and_workers(self, url: str, partners: list[Hosted]) -> None:
        assert self._listener is not None
        named = self.integration.config.partners
        addresses = {h.name: {"address": _address(h), **credentials.unshown(named[h.name])} for h in partners}
        laid_over = overrides.merged(self._overrides, {"store": {"url": url}, "partners": addresses})
        environment = overrides.environment(os.environ, laid_over)
        file = str(self.integration.file)
        self._listener.set_inheritable(True)
        descriptor = self._listener.fileno()
        door = Child(
            "gateway",
            [sys.executable, "-m", "jmswrap", "serve", "-c", file],
            {**environment, LISTENER_VARIABLE: str(descriptor)},
            STOP_SECONDS["gateway"],
            (descriptor,),
        )
        await self.supervisor.start(door)
        given_back = partial(_give_back, self.integration, url)
        if self.integration.config.bridges:
            command = [sys.executable, "-m", "jmswrap", "bridge", "-c", file]
            await self.supervisor.start(Child("bridge", command, environment, STOP_SECONDS["bridge"], ended=given_back))
        for number in range(1, self.integration.config.workers.processes + 1):
            command = [sys.executable, "-m", "jmswrap", "work", "-c", file]
            worker = Child(f"worker-{number}", command, environment, STOP_SECONDS["worker"], ended=given_back)
            await self.supervisor.start(worker)

    async def _until(self, true: Callable[[], Awaitable[bool]]) -> None:
        """Return when it is true; the caller bounds the wait."""
        while True:
            # The ports are held here: a connection to a child that is not there yet waits.
            with contextlib.suppress(TimeoutError):
                if await asyncio.wait_for(true(), ASK_SECONDS):
                    return
            self.supervisor.require_steady()
            await asyncio.sleep(PROBE_SECONDS)

    def _facts(self, url: str, partners: list[Hosted]) -> dict[str, Any]:
        assert self._listener is not None
        config = self.integration.config
        port = self._listener.getsockname()[1]
        address = gateway.public_address(self.integration, port)
        ledgers = {hosted.name: hosted for hosted in partners}
        described = {}
        for name, partner in config.partners.items():
            hosted = ledgers.get(name)
            contract = self.integration.partners[name].port(partner.service, partner.port)
            real = partner.address or contract.address
            described[name] = {
                "address": _address(hosted) if hosted else real,
                "ledger": hosted.ledger if hosted else "",
            }
        services = {name: f"{address}/services/{name}" for name in config.services}
        return {
            "integration": config.name,
            "gateway": address,
            "port": port,
            "services": {name: {"address": at, "wsdl": f"{at}?wsdl"} for name, at in services.items()},
            "partners": described,
            "store": url,
            "samples": self._samples(),
            "pid": os.getpid(),
            "children": {c.name: c.process.pid for c in self.supervisor.children if c.process is not None},
        }

    def _samples(self) -> dict[str, str]:
        """Name, for routes that begin at a service, a sample file that may be sent."""
        samples = self.integration.folder / "samples"
        routes = [n for n, route in self.integration.config.routes.items() if route.source.service is not None]
        # Where a partner's WSDL gave several services, each has a folder of its own there.
        placed = [(routes[0], samples), *((name, samples / name) for name in routes)] if routes else []
        found = ((name, sorted(folder.glob("*.xml"))) for name, folder in placed)
        return next(({name: str(files[0])} for name, files in found if files), {})


async def _give_back(integration: Integration, url: str, process_id: int) -> None:
    """Give back what a dead worker held; in a thread, because the store may take its time."""
    await asyncio.to_thread(estate.give_back, integration, url, clock.worker_name(process_id))


def _address(hosted: Hosted) -> str:
    return f"http://127.0.0.1:{hosted.port}/{hosted.name}"


def _any_port(partner: str) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    except OSError as error:
        raise ConfigError(f"there is no free port for the simulated partner {partner}: {error.strerror}") from error
