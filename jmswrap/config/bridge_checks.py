"""What can be wrong about bridges, as far as the file alone shows it. Like ``checks``."""

import re
from pathlib import Path

from jmswrap.config.bridge_settings import Bridge
from jmswrap.config.problem import no_file
from jmswrap.config.secrets import is_reference, misplaced
from jmswrap.config.settings import Config
from jmswrap.config.source import Found, Where

_UNFIT = re.compile(r"[\r\n\0]")


def bridges(config: Config, folder: Path) -> Found:
    """Yield every problem of the bridges."""
    for name, bridge in config.bridges.items():
        where: Where = ("bridges", name)
        if not bridge.source and not bridge.target:
            yield where, f"bridge `{name}` carries nothing: give it `from`, `to` or both"
        yield from _login(where, bridge)
        yield from _tls(where, bridge, folder)
        yield from _echo(where, bridge)
    yield from _readers(config)


def _login(where: Where, bridge: Bridge) -> Found:
    if bridge.password and not is_reference(bridge.password):
        yield (*where, "password"), misplaced(f"bridges.{where[1]}.password")
    if bool(bridge.username) != bool(bridge.password):
        missing = "password" if bridge.username else "username"
        yield (*where, missing), f"bridge `{where[1]}` needs `username` and `password`, or neither: add `{missing}`"
    for key in ("host", "virtual_host", "username"):
        if _UNFIT.search(getattr(bridge, key)):
            yield (*where, key), f"`{key}` must be one line: STOMP sends it in a header"


def _tls(where: Where, bridge: Bridge, folder: Path) -> Found:
    tls = bridge.tls
    if tls is None:
        return
    for key in ("ca", "certificate", "key"):
        file = getattr(tls, key)
        if file and not (folder / file).is_file():
            yield (*where, "tls", key), no_file(file, folder)
    if bool(tls.certificate) != bool(tls.key):
        yield (*where, "tls"), f"bridge `{where[1]}` needs `certificate` and `key`, or neither"
    if tls.key_password and not is_reference(tls.key_password):
        yield (*where, "tls", "key_password"), misplaced(f"bridges.{where[1]}.tls.key_password")


def _echo(where: Where, bridge: Bridge) -> Found:
    taken: dict[str, int] = {}
    for index, incoming in enumerate(bridge.source):
        first = taken.setdefault(incoming.destination, index)
        if first != index and not (incoming.selector and bridge.source[first].selector):
            sentence = f"{incoming.destination} is read twice: tell them apart by a `selector` each, or keep one"
            yield (*where, "from", index, "destination"), sentence
    back = {(incoming.queue, incoming.destination) for incoming in bridge.source}
    for index, outgoing in enumerate(bridge.target):
        if (outgoing.queue, outgoing.destination) in back:
            sentence = f"what comes from {outgoing.destination} would go back there for ever: use two queues"
            yield (*where, "to", index, "destination"), sentence


def _readers(config: Config) -> Found:
    readers = {config.queue_of(name): f"route `{name}`" for name in reversed(config.routes)}
    for name, bridge in config.bridges.items():
        for index, outgoing in enumerate(bridge.target):
            reader = readers.setdefault(outgoing.queue, f"bridge `{name}`")
            if reader != f"bridge `{name}`" or outgoing.queue in [one.queue for one in bridge.target[:index]]:
                sentence = f"{reader} reads queue `{outgoing.queue}` already: a queue has one reader"
                yield ("bridges", name, "to", index, "queue"), sentence
