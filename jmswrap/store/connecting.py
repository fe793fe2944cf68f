"""Connections to the store, with time-outs and few retries.

redis-py sends a command again by itself after a lost connection; every script is safe
against that. Make clients after a fork, never before.
"""

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

ANSWER_SECONDS = 10.0
"""How long an answer may take; a drain's ``listen`` must be shorter."""

CONNECT_SECONDS = 3.0
"""How long a connection may take to stand."""

RETRIES = 3
"""How often a command is sent again, within about half a second."""

_LOST = (RedisConnectionError, RedisTimeoutError)


def connect(url: str, connections: int = 64) -> redis.Redis:
    """Return a client for ``redis://``, ``rediss://`` or ``unix://``; connects when first used."""
    client: redis.Redis = redis.Redis.from_url(
        url,
        max_connections=connections,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(ExponentialBackoff(cap=0.3, base=0.05), RETRIES, _LOST),
    )
    return client


def connect_async(url: str, connections: int = 64) -> redis.asyncio.Redis:
    """Return a client for an event loop."""
    client: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url,
        max_connections=connections,
        socket_timeout=ANSWER_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=AsyncRetry(ExponentialBackoff(cap=0.3, base=0.05), RETRIES, _LOST),
    )
    return client
