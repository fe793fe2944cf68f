"""Opens connections to the store; the one place where addresses become clients.

redis-py sends a command again by itself after a lost connection; every script is safe
against that. Make a client after a fork, never before: two processes must not share a
socket.
"""

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""Longer than any blocking command that jmswrap sends."""

RETRIES = 4
"""How often a lost command is sent again, within 0.65 s; redis-py's own default goes on for seconds."""

_LOST = (RedisConnectionError, RedisTimeoutError)


def client(url: str) -> redis.Redis:
    """Return a client for threads; it connects when it is first used."""
    opened: redis.Redis = redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(_backoff(), RETRIES, _LOST),
    )
    return opened


def async_client(url: str) -> "redis.asyncio.Redis":
    """Return a client for an event loop; it connects when it is first used."""
    opened: redis.asyncio.Redis = redis.asyncio.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=AsyncRetry(_backoff(), RETRIES, _LOST),
    )
    return opened


def _backoff() -> ExponentialBackoff:
    return ExponentialBackoff(cap=0.3, base=0.05)
