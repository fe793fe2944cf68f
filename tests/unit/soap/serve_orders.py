"""A gateway process for the tests: ``python serve_orders.py CONFIG FOLDER STORE_URL PORT_FILE KEEP_ALIVE MOST_GROWTH``.

Wires what ``jmswrap serve`` wires, on a store of the tests, and writes its port into PORT_FILE.
"""

import asyncio
import sys
from pathlib import Path

import redis.asyncio
import yaml

from jmswrap import log
from jmswrap.accept.commit import GroupCommit
from jmswrap.accept.hosting import Engine, hosting
from jmswrap.accept.ringing import Ringer
from jmswrap.app.stores import limits
from jmswrap.config.settings import Config
from jmswrap.soap.server import listen, serve
from jmswrap.store.aio import AsyncStore
from jmswrap.store.nonces import Nonces


class SilentBell:
    """The tests of the door need no workers to be woken."""

    def ring(self, queue: str) -> None:
        assert queue


def main(config_file: str, folder: str, store_url: str, port_file: str, keep_alive: str, most_growth: str) -> None:
    log.to_stderr()
    config = Config.model_validate(yaml.safe_load(Path(config_file).read_text()))
    listener = listen("127.0.0.1", config.gateway.port)
    port = listener.getsockname()[1]
    hosted = hosting(config, Path(folder), config.gateway.public_url or f"http://127.0.0.1:{port}")

    async def open_engine() -> Engine:
        client = redis.asyncio.Redis.from_url(store_url, socket_timeout=20)
        store = AsyncStore(client, config.prefix, limits(config))
        ringer = Ringer(SilentBell())

        async def close() -> None:
            await asyncio.to_thread(ringer.close)
            await client.aclose()

        return Engine(GroupCommit(store, ringer), store.ready, close, Nonces(client, config.prefix).first_use)

    def ready() -> None:
        Path(port_file).with_suffix(".part").write_text(str(port))
        Path(port_file).with_suffix(".part").rename(port_file)

    serve(hosted, open_engine, listener, ready, int(keep_alive), int(most_growth))


if __name__ == "__main__":
    main(*sys.argv[1:])
