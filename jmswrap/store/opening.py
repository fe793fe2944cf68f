"""Opens connections to the store; the one place where addresses become clients.

Make a client after a fork, never before: two processes must not share a socket.
"""

import redis
import redis.asyncio

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""Longer than any blocking command that jmswrap sends."""


def client(url: str) -> redis.Redis:
    """Return a client for threads; it connects when it is first used."""
    return redis.Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)


def async_client(url: str) -> "redis.asyncio.Redis":
    """Return a client for an event loop; it connects when it is first used."""
    return redis.asyncio.Redis.from_url(url, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=ANSWER_SECONDS)
