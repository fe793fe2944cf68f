"""Copies of a store: made while it works, and what is done in one that was restored.

A snapshot is marked while it begins, with the id of the server's run, so that the copy knows
that it is one and the store it was made of does not, however the backup ended: the mark is not
in the store's own log, so that a server which dies meanwhile begins again without it. What
happened after the snapshot is not in the copy.
"""

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis

from jmswrap.clock import monotonic
from jmswrap.errors import StoreDown, StoreUnsafe
from jmswrap.store import checks, keys
from jmswrap.store.calls import Call
from jmswrap.store.edge import edge
from jmswrap.store.nouns import Limits
from jmswrap.store.running import Runner

SNAPSHOT_SECONDS = 3600.0
"""The longest that writing a snapshot may take."""

AT_ONCE = 50
"""Messages one call of a script decides about: some milliseconds, for which everybody waits."""

POLL_SECONDS = 0.05

_BASE, _MANIFEST = "appendonly.aof.1.base.rdb", "appendonly.aof.manifest"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of a message that a restored store holds unsettled."""

    id: str
    accepted_ms: int
    what: str
    """The final state that the history has it in, or ``doubt``, ``probe``, ``keep``."""


class Copies:
    """The backups of one integration's store, and the copy that it may itself be."""

    def __init__(self, client: redis.Redis, prefix: str, limits: Limits | None = None) -> None:
        self.client = client
        self._key = keys.alone(prefix, "backup")
        self._runner = Runner(client, prefix, limits or Limits())

    def snapshot(self, to: Path, backup: str) -> None:
        """Write the whole server into a file, marked as a copy, while it goes on working."""
        with edge():
            # A disk that a snapshot fills stops the server.
            checks.require_room(checks.gather(self.client))
            place = self._written(backup)
        try:
            shutil.copyfile(place, to)
        finally:
            # An embedded server makes no snapshots of its own; another's is left where it belongs.
            if (place.parent / "lock").exists() and (place.parent / "server.log").exists():
                place.unlink(missing_ok=True)

    def restored_from(self) -> str:
        """Return the backup that this store is a copy of and was not dealt with as such; empty: it is none."""
        with edge():
            mark: Any = self.client.hmget(self._key, "copy", "by")
            backup, by = (word.decode() if word else "" for word in mark)
            return backup if backup and by != self._run_id() else ""

    def made_ms(self) -> int:
        """Return when the last backup was made, by the server's time; 0: never."""
        with edge():
            made: Any = self.client.hget(self._key, "made")
        return int(made or 0)

    def made(self, now_ms: int) -> None:
        """Note that a backup is complete."""
        with edge():
            self.client.hset(self._key, "made", now_ms)

    def begin(self, queues: Sequence[str], reason: str) -> None:
        """Pause these queues and all others there are; what is here is possibly redelivered from now on."""
        self._runner.run(Call("restored", ("begin", reason, *queues)))

    def decide(self, verdicts: Sequence[Verdict], reason: str) -> list[str]:
        """Settle, doubt or keep messages; returns ``SETTLED``, ``DOUBT``, ``KEPT`` or nothing for each."""
        found: list[str] = []
        for start in range(0, len(verdicts), AT_ONCE):
            words = [word for one in verdicts[start : start + AT_ONCE] for word in (one.id, one.accepted_ms, one.what)]
            found += [said.decode() for said in self._runner.run(Call("restored", ("each", reason, *words)))]
        return found

    def end(self) -> None:
        """All is decided: from here on it is a store like any other."""
        self._runner.run(Call("restored", ("end",)))

    def _begun(self, backup: str) -> None:
        """Have a snapshot written that is marked; once that has begun, nothing that happens here is in it."""
        self._runner.run(Call("restored", ("mark", backup)))
        try:
            self.client.bgsave()
        finally:
            self.client.hdel(self._key, "copy", "by")

    def _run_id(self) -> str:
        info: Any = self.client.info("server")
        return str(info["run_id"])

    def _written(self, backup: str) -> Path:
        place = self._place()
        before: Any = self.client.info("persistence")
        began, until = time.time(), monotonic() + SNAPSHOT_SECONDS
        while before["rdb_bgsave_in_progress"] or before["aof_rewrite_in_progress"]:
            # A snapshot that somebody else began has no mark.
            before = self._later(until)
        self._begun(backup)
        while (info := self._later(until))["rdb_bgsave_in_progress"]:
            continue
        if info["rdb_last_bgsave_status"] != "ok" or info["rdb_saves"] <= before["rdb_saves"]:
            raise StoreUnsafe("The server could not write a snapshot: make room on its disk, and see its log.")
        if not place.is_file() or place.stat().st_mtime < began - 2:
            raise StoreDown(
                f"The server's snapshot {place} is not on this machine: run `jmswrap backup` on the server's, or give "
                "it a file made by `valkey-cli -u URL --rdb FILE` with --rdb."
            )
        return place

    def _place(self) -> Path:
        found: Any = self.client.config_get("dir", "dbfilename")
        return Path(found["dir"], found["dbfilename"])

    def _later(self, until: float) -> Any:
        if monotonic() > until:
            raise StoreDown(f"The server did not write a snapshot within {SNAPSHOT_SECONDS:g} s: see its log.")
        time.sleep(POLL_SECONDS)
        return self.client.info("persistence")


def require_empty(data: Path) -> None:
    """Raise StoreDown when a data folder holds a store."""
    if (data / "appendonlydir").exists():
        raise StoreDown(f"The data folder {data} holds a store already: move it away, or name another folder.")


def plant(snapshot: Path, data: Path) -> None:
    """Make a snapshot the content of an embedded server that has none yet."""
    require_empty(data)
    partial = data / "appendonlydir.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    shutil.copyfile(snapshot, partial / _BASE)
    (partial / _MANIFEST).write_text(f"file {_BASE} seq 1 type b\n", "ascii")
    partial.rename(data / "appendonlydir")
