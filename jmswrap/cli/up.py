"""``jmswrap up``: everything of an integration on this machine."""

import asyncio
import json
import os
import re
import shlex
import signal
from pathlib import Path
from typing import Any

import click

from jmswrap import log
from jmswrap.app import backups, overrides
from jmswrap.app.integration import Integration, load
from jmswrap.cli import options
from jmswrap.cli.machine import Machine, Wanted
from jmswrap.errors import ConfigError, StoreDown

READY_SECONDS = 120.0
RESTORED_SECONDS = 7200.0
"""With --restored, which looks at every message first: some 2,000 a second."""


@click.command()
@options.config
@click.option("--port", type=click.IntRange(0, 65535), metavar="N", help="The gateway's port; 0 takes a free one.")
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Worker processes.")
@click.option("--data", type=click.Path(path_type=Path), help="Folder of the embedded store.")
@click.option("--simulate", is_flag=True, help="Also run every partner, from its WSDL, on a free port.")
@click.option(
    "--latency",
    "latency_ms",
    type=click.FloatRange(0),
    default=0,
    metavar="MS",
    help="With --simulate: milliseconds that each answer takes.",
)
@click.option(
    "--faults",
    type=click.FloatRange(0, 1),
    default=0,
    metavar="SHARE",
    help="With --simulate: share of calls that fail, from 0 to 1.",
)
@click.option(
    "--restored",
    is_flag=True,
    help="The data folder was restored from a backup: pause all, doubt what was not settled.",
)
@click.option("--ready-file", type=click.Path(path_type=Path), help="Write the addresses there as JSON when all is up.")
def up(
    file: Path,
    port: int | None,
    workers: int | None,
    data: Path | None,
    simulate: bool,
    latency_ms: float,
    faults: float,
    restored: bool,
    ready_file: Path | None,
) -> None:
    """Run an integration on this machine: store, gateway, workers.

    Without `store.url` an embedded, durable Valkey is started on the data folder. What
    ends by itself is started again. Stop everything with Ctrl-C or SIGTERM.
    """
    if (latency_ms or faults) and not simulate:
        raise click.UsageError("--latency and --faults are the simulated partners': say --simulate, too.")
    log.to_stderr()
    given: dict[str, Any] = {}
    if port is not None:
        given.setdefault("gateway", {})["port"] = port
    if workers is not None:
        given.setdefault("workers", {})["processes"] = workers
    if data is not None:
        given.setdefault("store", {})["data"] = str(data.absolute())
    integration = load(file, given)
    if not restored and backups.waits(integration):
        raise ConfigError("the data folder was restored from a backup: start it with `jmswrap up --restored`")
    wanted = Wanted(given, simulate, latency_ms, faults, restored)
    asyncio.run(_run(Machine(integration, wanted), ready_file, data))


async def _run(machine: Machine, ready_file: Path | None, data: Path | None) -> None:
    if ready_file is not None:
        _prepare(ready_file)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    asked = 0

    def on_signal() -> None:
        nonlocal asked
        asked += 1
        stop.set()
        if asked > 1:
            machine.supervisor.kill()

    loop.add_signal_handler(signal.SIGHUP, machine.supervisor.tell, signal.SIGHUP, ("gateway", "worker"))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    try:
        facts = await _until_ready(machine, stop)
        if facts is not None:
            click.echo(_summary(machine.integration, facts, data))
            if ready_file is not None:
                _write(ready_file, facts)
            await stop.wait()
            click.echo("stopping …", err=True)
    finally:
        await machine.stop()
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


async def _until_ready(machine: Machine, stop: asyncio.Event) -> dict[str, Any] | None:
    """Start the machine; None when it was told to stop before it stood."""
    starting = asyncio.ensure_future(machine.start())
    stopping = asyncio.ensure_future(stop.wait())
    patience_seconds = RESTORED_SECONDS if machine.restores else READY_SECONDS
    await asyncio.wait({starting, stopping}, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if starting.done():
        return starting.result()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    if stop.is_set():
        return None
    raise StoreDown(f"the gateway was not ready within {patience_seconds:g} s: see the lines above")


def _prepare(file: Path) -> None:
    """Remove what one that was killed may have left, and find out now whether the place can be written."""
    partial = file.with_name(file.name + ".partial")
    try:
        file.unlink(missing_ok=True)
        partial.touch(mode=0o600)
        partial.unlink()
    except OSError as error:
        raise ConfigError(f"the ready file {file} cannot be written: {error.strerror}; name another file") from error


def _write(file: Path, facts: dict[str, Any]) -> None:
    partial = file.with_name(file.name + ".partial")
    partial.touch(mode=0o600)  # the store's address may hold a password
    partial.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    partial.rename(file)


def _without_password(url: str) -> str:
    return re.sub(r"(://[^/@]*:)[^/@]*@", r"\1***@", url)


def _summary(integration: Integration, facts: dict[str, Any], data: Path | None) -> str:
    lines = [f"\n{integration.config.name} is up at {facts['gateway']}\n"]
    width = max(map(len, [*facts["services"], *facts["partners"]]), default=0)
    lines += [f"  service  {name:<{width}}  {service['wsdl']}" for name, service in facts["services"].items()]
    for name, partner in facts["partners"].items():
        lines.append(
            f"  partner  {name:<{width}}  {partner['address']}" + (" (simulated)" if partner["ledger"] else "")
        )
    ledgers = [partner["ledger"] for partner in facts["partners"].values() if partner["ledger"]]
    if ledgers:
        where = ledgers[0] if len(ledgers) == 1 else f"{Path(ledgers[0]).parent}{os.sep}"
        lines.append(f"  ledger   {where}")
    lines += [f"  store    {_without_password(facts['store'])}", ""]
    if data is not None:  # which the file does not name, so that no other command would find the store
        given = overrides.environment(os.environ, {"store": {"data": str(data.absolute())}})[overrides.VARIABLE]
        lines.append(f"First: export {overrides.VARIABLE}={shlex.quote(given)}")
    file = shlex.quote(str(integration.file))
    lines += [f"Look:  jmswrap queues -c {file}", f"       jmswrap messages -c {file}"]
    for route, sample in facts["samples"].items():
        lines.append(f"Send:  jmswrap send -c {file} {route} {shlex.quote(sample)}")
    return "\n".join([*lines, "Stop:  Ctrl-C", ""])
