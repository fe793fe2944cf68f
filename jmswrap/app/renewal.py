"""A new generation of an integration, adopted by a process that runs: checked whole, or the old one stays.

A thread looks every few seconds whether the files have changed, and at once when it is asked
(SIGHUP). It waits until they have stayed the same for a while, so that nobody's half-written file is
judged, examines them as ``jmswrap check`` does, and hands what is right to the process.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from jmswrap import clock, log
from jmswrap.app import generation, stored
from jmswrap.app.examination import examine
from jmswrap.app.integration import Integration
from jmswrap.config.settings import Config
from jmswrap.errors import ConfigError, ContractError, JmswrapError, Unavailable
from jmswrap.store.refusals import Refusals

_LOG = log.get(__name__)

LOOKS = 2
"""So many looks in a row must see the same files before they are read."""

GATEWAY_LOOKS = 3
"""A gateway takes one more, so that workers know a new route before messages for it come."""

FIXED = ("name", "store", "history", "workers", "bridges", "mail")
"""Sections that a process cannot change while it runs."""

FIXED_OF_GATEWAY = ("host", "port", "processes", "body_seconds", "tls")

Adopt = Callable[[Integration], None]
"""Makes a process go on with another generation; raises ConfigError or ContractError and changes nothing."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a kind of process looks for new generations."""

    kind: str
    """`gateway` or `worker`."""
    looks: int = LOOKS


class Renewal:
    """Looks for new generations; ``start`` and ``stop`` once each."""

    def __init__(self, integration: Integration, manner: Manner, adopt: Adopt, refusals: Refusals) -> None:
        self._integration, self._manner, self._adopt, self._refusals = integration, manner, adopt, refusals
        self._every_seconds = integration.config.reload_seconds
        self._settled = integration.stamp
        """What was adopted or refused last."""
        self._seen: generation.Stamp = {}
        self._looks = 0
        self._asked = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="jmswrap-renewal", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._note(lambda: self._refusals.forget(self._manner.kind))
        self._thread.start()

    def ask(self) -> None:
        """Have it look now, and read the files even if they seem the same. Safe in a signal handler."""
        self._settled = {}
        self._asked.set()

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        self._asked.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            asked = self._asked.wait(self._every_seconds or None)
            self._asked.clear()
            if self._stopped:
                return
            try:
                self.look(at_once=asked)
            except Exception:  # noqa: BLE001 - whatever is wrong with new files, the process goes on with the old
                _LOG.error("generation-not-looked-at", exc_info=True)

    def look(self, at_once: bool = False) -> None:
        """Look once; adopt or refuse what has changed and stays as it is."""
        now = generation.stamp(self._integration.file, self._integration.config)
        if now == self._settled:
            self._seen, self._looks = {}, 0
            return
        self._looks = self._looks + 1 if now == self._seen else 1
        self._seen = now
        if at_once or self._looks >= self._manner.looks:
            self._settled, self._looks = now, 0
            self._read()

    def _read(self) -> None:
        before = self._integration
        examined = examine(before.file, kind=self._manner.kind)
        if examined.integration is None:
            self._refuse([str(problem) for problem in examined.problems])
            return
        config, kept = with_what_stays(before.config, examined.integration.config)
        found = replace(examined.integration, config=config)
        try:
            left_behind = stored.look(found)
        except Unavailable as error:
            _LOG.warning("stored-not-looked-at", reason=error)
            left_behind = []
        except ConfigError as error:
            left_behind = [str(error)]
        if left_behind:
            self._refuse(left_behind)
            return
        try:
            self._adopt(found)
        except (ConfigError, ContractError) as error:
            self._refuse([str(error)])
            return
        self._integration, self._every_seconds = found, config.reload_seconds
        self._settled = found.stamp
        for sentence in kept:
            _LOG.warning("setting-not-adopted", reason=sentence)
        _LOG.info("generation-adopted", generation=generation.name(config, found.file))
        self._note(lambda: self._refusals.forget(self._manner.kind))

    def _refuse(self, problems: Sequence[str]) -> None:
        for sentence in problems:
            _LOG.error("generation-refused", reason=sentence)
        more = f" (and {len(problems) - 1} more: `jmswrap check` lists them)" if len(problems) > 1 else ""
        self._note(lambda: self._refusals.note(self._manner.kind, clock.wall_ms(), f"{problems[0]}{more}"))

    def _note(self, write: Callable[[], None]) -> None:
        try:
            write()
        except JmswrapError as error:
            _LOG.warning("generation-not-noted", reason=error)


def with_what_stays(old: Config, new: Config) -> tuple[Config, list[str]]:
    """Return the new settings with the old ones where a process cannot change them, and a sentence for each."""
    kept = {section: getattr(old, section) for section in FIXED if getattr(old, section) != getattr(new, section)}
    told = [f"`{section}` cannot change while processes run: restart them to adopt it" for section in kept]
    gateway = {
        key: getattr(old.gateway, key)
        for key in FIXED_OF_GATEWAY
        if getattr(old.gateway, key) != getattr(new.gateway, key)
    }
    if gateway:
        kept["gateway"] = new.gateway.model_copy(update=gateway)
        told += [f"`gateway.{key}` cannot change while processes run: restart them to adopt it" for key in gateway]
    return new.model_copy(update=kept) if kept else new, told
