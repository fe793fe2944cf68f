"""Whether bridges can be used, and how they are."""

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path

from jmswrap.config import secrets
from jmswrap.config.addresses import is_loopback
from jmswrap.config.settings import Config
from jmswrap.config.source import Finding, Where
from jmswrap.errors import ConfigError
from jmswrap.inspect.views import BridgeView
from jmswrap.store import bridging
from jmswrap.store.bridging import End
from jmswrap.store.store import Store


def missing_library(config: Config) -> list[Finding]:
    """Return what is missing to run the bridges that are configured."""
    if config.bridges and importlib.util.find_spec("stomp") is None:
        return [(("bridges",), "bridges speak STOMP, whose library is not installed: pip install 'jmswrap[stomp]'")]
    return []


def unusable(config: Config, folder: Path, environment: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the secrets of bridges that are not where the file says."""
    for name, bridge in config.bridges.items():
        places: list[tuple[Where, str]] = [(("bridges", name, "password"), bridge.password)]
        if bridge.tls is not None:
            places.append((("bridges", name, "tls", "key_password"), bridge.tls.key_password))
        for where, reference in places:
            if reference:
                try:
                    secrets.resolve(reference, folder, environment)
                except ConfigError as error:
                    yield where, str(error)


def imprudent(config: Config) -> Iterator[Finding]:
    """Yield what works, and is rarely meant: a password in clear."""
    for name, bridge in config.bridges.items():
        if bridge.password and bridge.tls is None and not is_loopback(bridge.host):
            yield ("bridges", name), f"the password of bridge `{name}` goes to {bridge.host} in clear: give it `tls`"


def views(config: Config, store: Store) -> list[BridgeView]:
    """Return how each bridge is, end by end; StoreDown."""
    found: list[BridgeView] = []
    for name, bridge in config.bridges.items():
        reports = bridging.read(store, name)
        told = [end for report in reports for end in report]
        ends = [(one.queue, one.destination, True) for one in bridge.source]
        ends += [(one.queue, one.destination, False) for one in bridge.target]
        now_ms = store.now_ms()
        for queue, destination, incoming in ends:
            same = [end for end in told if (end.queue, end.destination, end.incoming) == (queue, destination, incoming)]
            found.append(_view(name, End(queue, destination, incoming, False, now_ms, _NOBODY), same, now_ms))
    return found


_NOBODY = "no process runs it: start `jmswrap bridge`, or `jmswrap up`"


def _view(bridge: str, none: End, told: list[End], now_ms: int) -> BridgeView:
    best = max(told, key=lambda end: (end.up, end.since_ms), default=none)
    return BridgeView(
        bridge=bridge,
        queue=best.queue,
        way=best.way,
        incoming=best.incoming,
        up=best.up,
        for_ms=max(now_ms - best.since_ms, 0),
        reason=best.reason,
    )
