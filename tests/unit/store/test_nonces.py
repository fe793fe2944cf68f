"""Nonces: one use, for everybody, and no answer is no."""

import asyncio
import socket

import pytest

from jmswrap.errors import StoreDown
from jmswrap.store import keys, opening
from jmswrap.store.nonces import Nonces
from jmswrap.store.server import EmbeddedServer


def test_a_nonce_is_used_once_whoever_asks(store_server: EmbeddedServer) -> None:
    async def uses() -> list[bool]:
        clients = [opening.async_client(store_server.url) for _ in range(2)]
        one, other = (Nonces(client, "nonces") for client in clients)
        asked = [one.first_use("ccb", b"n", 60_000), other.first_use("ccb", b"n", 60_000)]
        found = [
            await each for each in (*asked, other.first_use("mdm", b"n", 60_000), one.first_use("cc", b"bn", 60_000))
        ]
        for client in clients:
            await client.aclose()
        return found

    assert asyncio.run(uses()) == [True, False, True, True]


def test_a_nonce_is_forgotten_when_its_message_could_not_be_repeated(store_server: EmbeddedServer) -> None:
    async def left() -> tuple[list[bytes], int]:
        client = opening.async_client(store_server.url)
        await Nonces(client, "passing").first_use("ccb", b"n", 60_000)
        (key,) = [key async for key in client.scan_iter(match=keys.nonce("passing", "*"))]
        lives_ms = await client.pttl(key)
        await client.aclose()
        return [key], lives_ms

    (key,), lives_ms = asyncio.run(left())
    assert b"ccb" not in key
    assert 0 < lives_ms <= 60_000


def test_without_the_store_nobody_is_let_in() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    async def ask() -> None:
        client = opening.async_client(f"redis://127.0.0.1:{port}")
        try:
            await Nonces(client, "away").first_use("ccb", b"n", 1000)
        finally:
            await client.aclose()

    with pytest.raises(StoreDown):
        asyncio.run(ask())
