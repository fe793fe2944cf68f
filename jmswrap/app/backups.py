"""Backups of an integration: made, put back, and dealt with once they are.

A backup is a folder: the store's snapshot, then copies of the history (which so knows at
least what the snapshot does not have any more) and of the cross-references (which so have
what its messages wrote), and a manifest that says what they are.
"""

import hashlib
import json
import os
import shutil
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from jmswrap import __version__, clock
from jmswrap.app import crossing
from jmswrap.app.archiving import has_history, open_history
from jmswrap.app.connections import connect
from jmswrap.app.integration import Integration
from jmswrap.app.stores import data_folder, limits
from jmswrap.config.consumers import consumers
from jmswrap.config.route_settings import InDoubt, Route
from jmswrap.config.settings import Config
from jmswrap.database import Place, place
from jmswrap.errors import ConfigError, StoreDown, Unavailable
from jmswrap.history import copying, opening
from jmswrap.history.tables import SCHEMA as HISTORY_SCHEMA
from jmswrap.operate.restoring import Manner, Restored, Restoring
from jmswrap.store.copies import Copies, plant, require_empty
from jmswrap.store.local import running_url
from jmswrap.store.packing import SCHEMA_VERSION
from jmswrap.store.store import Store

SNAPSHOT, HISTORY, CROSS_REFERENCES, MANIFEST = "store.rdb", opening.FILE, crossing.FILE, "manifest.json"

MARK = "restored"
"""A file in the data folder: what is in it is a copy that was not dealt with yet."""

BY_HAND = "made by other means"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup is."""

    backup: str
    """Its name."""
    integration: str
    prefix: str
    made: str
    """When the snapshot began, UTC."""
    server_ms: int
    """The same by the store's clock."""
    jmswrap: str
    record_schema: int
    history_schema: int
    server: str
    """The server's program and version; an older one may not read the snapshot."""
    history: str
    """``copied``, ``empty``, ``none kept``, ``not copied: …``."""
    cross_references: str
    """The same of the cross-references."""
    messages: dict[str, dict[str, int]]
    """By queue and state."""
    files: dict[str, str]
    """SHA-256 by name."""


def back_up(integration: Integration, to: Path, rdb: Path | None = None) -> Manifest:
    """Make a backup in a folder that is not there yet.

    ``rdb`` is a snapshot somebody else has just made, of a server on another machine.
    """
    if to.exists():
        raise ConfigError(f"{to} is there already: name a folder that is not")
    partial = to.with_name(to.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    connections = connect(integration)
    try:
        partial.mkdir(parents=True, mode=0o700)
        manifest = _made(integration, connections.store, partial, rdb)
        (partial / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
        for file in partial.iterdir():
            _sync(file)
        partial.rename(to)
        _sync(to.parent)
        _copies(integration, connections.store).made(manifest.server_ms)
    except OSError as error:
        raise ConfigError(
            f"the backup {to} cannot be written: {error.strerror or error}; name another place"
        ) from error
    finally:
        connections.close()
        shutil.rmtree(partial, ignore_errors=True)
    return manifest


def _made(integration: Integration, store: Store, folder: Path, rdb: Path | None) -> Manifest:
    name, made, server_ms = clock.new_id(), datetime.now(UTC).isoformat(timespec="seconds"), store.now_ms()
    counts = {one.name: {str(s): n for s, n in one.counts.items()} for one in store.queues()}
    if rdb is None:
        _copies(integration, store).snapshot(folder / SNAPSHOT, name)
    else:
        name = BY_HAND
        shutil.copyfile(rdb, folder / SNAPSHOT)
    copied = {
        name: _copied(place, folder / name) for name, place in _databases(integration, data_folder(integration)).items()
    }
    config = integration.config
    return Manifest(
        backup=name,
        integration=config.name,
        prefix=config.prefix,
        made=made,
        server_ms=server_ms,
        jmswrap=__version__,
        record_schema=SCHEMA_VERSION,
        history_schema=HISTORY_SCHEMA,
        server=store.server(),
        history=copied[HISTORY],
        cross_references=copied[CROSS_REFERENCES],
        messages=counts,
        files={file.name: _digest(file) for file in sorted(folder.iterdir())},
    )


def _databases(integration: Integration, data: Path) -> dict[str, Place | None]:
    """Return where the databases are that go with a store on a data folder, by their files' names in a backup."""
    config, folder = integration.config, integration.folder
    crossed = config.cross_references
    return {
        HISTORY: opening.place(config.history.url, folder, data) if has_history(config) else None,
        CROSS_REFERENCES: place("cross_references.url", crossed.url, folder, data / CROSS_REFERENCES)
        if crossed.tables
        else None,
    }


def _copied(where: Place | None, to: Path) -> str:
    if where is None:
        return "none kept"
    if where.file is None:
        return f"not copied: {where.name} has tools of its own, back it up after this (pg_dump)"
    return "copied" if copying.copy(where, to) else "empty"


def restore(integration: Integration, backup: Path, data: Path) -> Manifest:
    """Put a backup into a data folder that has no store; ``up --restored`` then deals with it."""
    manifest = read(backup)
    config = integration.config
    if (manifest.integration, manifest.prefix) != (config.name, config.prefix):
        raise ConfigError(
            f"{backup} is of integration {manifest.integration} with the prefix {manifest.prefix}, "
            f"not of {config.name} with {config.prefix}: name its own jmswrap.yaml with -c"
        )
    if manifest.record_schema > SCHEMA_VERSION or manifest.history_schema > HISTORY_SCHEMA:
        raise ConfigError(f"{backup} was made by jmswrap {manifest.jmswrap}, a later version: update jmswrap here")
    for name, digest in manifest.files.items():
        if _digest(backup / name) != digest:
            raise ConfigError(f"{backup / name} is not what was backed up: take another backup")
    if running_url(data):
        raise StoreDown(f"A store runs on {data}: stop it, move the folder away, then restore.")
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_empty(data)
        (data / MARK).write_text(f"{manifest.backup}\n", "utf-8")
        plant(backup / SNAPSHOT, data)
        for name, where in _databases(integration, data).items():
            if name in manifest.files and where is not None and where.file and not where.file.exists():
                where.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copyfile(backup / name, where.file)
    except OSError as error:
        raise ConfigError(f"{data} cannot be written: {error.strerror or error}; name another folder") from error
    return manifest


def read(backup: Path) -> Manifest:
    """Return what a backup says it is; ConfigError when it is none."""
    try:
        return Manifest(**json.loads((backup / MANIFEST).read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise ConfigError(f"{backup} is no backup of jmswrap: name a folder that `jmswrap backup` made") from error


def waits(integration: Integration) -> bool:
    """Tell whether the data folder holds a restored copy that was not dealt with yet."""
    return (data_folder(integration) / MARK).exists()


def require_dealt_with(integration: Integration, url: str = "") -> None:
    """Raise ConfigError, before a process begins its work, when the store is a restored copy that nobody dealt with.

    While the store is away nobody can tell; a copy that comes later gives nothing to any worker.
    """
    connections = connect(integration, url)
    try:
        backup = _copies(integration, connections.store).restored_from()
    except Unavailable:
        backup = ""
    finally:
        connections.close()
    if backup or (not integration.config.store.url and waits(integration)):
        which = f"backup {backup}" if backup else "a backup"
        raise ConfigError(
            f"the store was restored from {which}, and what it holds may have been delivered since: "
            "run `jmswrap restored`, then start this again, or start `jmswrap up --restored`"
        )


def deal_with(integration: Integration, url: str = "", by_hand: bool = False) -> Restored | None:
    """Pause, settle, doubt or mark what a restored store holds; None when it is no copy, or was dealt with.

    ``by_hand`` says that it is a copy although nothing in it does.
    """
    with open_history(integration) as history, closing(connect(integration, url)) as connections:
        copies = _copies(integration, connections.store)
        mark = data_folder(integration) / MARK
        backup = copies.restored_from() or (BY_HAND if by_hand or mark.exists() else "")
        if not backup:
            return None
        config = integration.config
        readers = consumers(config)
        done = Restoring(connections.store, copies, history, manners(config), readers).run(backup, list(readers))
        mark.unlink(missing_ok=True)
        return done


def manners(config: Config) -> dict[str, Manner]:
    """Return what each route does with a message that may have arrived."""
    return {
        name: Manner(_in_doubt(config, name, frozenset()), _outputs(route)) for name, route in config.routes.items()
    }


def _in_doubt(config: Config, name: str, seen: frozenset[str]) -> str:
    route = config.routes[name]
    if route.to.partner is not None:
        if route.in_doubt is InDoubt.PROBE:
            return "probe"
        own = route.idempotent or route.in_doubt is InDoubt.REDELIVER
    else:
        own = name not in seen
    return "keep" if own and all(_repeats(config, queue, seen | {name}) for queue in _puts(route)) else "doubt"


def _repeats(config: Config, queue: str, seen: frozenset[str]) -> bool:
    """Tell whether what is put on a queue once more may go on to where that queue leads."""
    reader = consumers(config).get(queue, "")
    return bool(reader) and _in_doubt(config, reader, seen) == "keep"


def _puts(route: Route) -> list[str]:
    """Return every queue that a route puts messages on."""
    answers = [answer.queue for answer in (route.reply, route.refusal) if answer is not None]
    return [*([route.to.queue] if route.to.queue else []), *answers]


def _outputs(route: Route) -> tuple[tuple[str, str], ...]:
    """Return what comes of a delivery, under the ids that ``deliver.decide`` gives it."""
    if route.to.queue:
        return (("forward", route.to.queue),)
    return (("reply", route.reply.queue),) if route.reply is not None else ()


def _copies(integration: Integration, store: Store) -> Copies:
    return Copies(store.client, integration.config.prefix, limits(integration.config))


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}; take another backup") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
