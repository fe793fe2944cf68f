"""Opens connections to the store; the one place where addresses become clients.

Behind Sentinel (``sentinel://``) every new connection asks the sentinels who the primary is,
so a failover is a lost connection like any other. redis-py sends a command again by itself
after a lost connection; every script is safe against that. Make a client after a fork, never
before: two processes must not share a socket.
"""

from typing import Any

import redis
import redis.asyncio
import redis.asyncio.sentinel
import redis.sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

from jmswrap.store import sentinels
from jmswrap.store.sentinels import Sentinels

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""Longer than any blocking command that jmswrap sends."""

RETRIES = 4
"""How often a lost command is sent again, within 0.65 s; redis-py's own default goes on for seconds."""

SENTINEL_SECONDS = 1.0
"""How long one sentinel may take to answer before the next is asked."""

_LOST = (RedisConnectionError, RedisTimeoutError)


def client(url: str) -> redis.Redis:
    """Return a client for threads; it connects when it is first used."""
    settings = {**_settings(), "retry": Retry(_backoff(), RETRIES, _LOST)}
    found = sentinels.parse(url)
    if found is None:
        opened: redis.Redis = redis.Redis.from_url(url, **settings)
        return opened
    known = {"sentinel_kwargs": _asking(found), **settings, **_credentials(found)}
    asked: Any = redis.sentinel.Sentinel(found.addresses, **known)  # type: ignore[no-untyped-call]
    primary: redis.Redis = asked.master_for(found.name)
    return primary


def async_client(url: str) -> "redis.asyncio.Redis":
    """Return a client for an event loop; it connects when it is first used."""
    settings = {**_settings(), "retry": AsyncRetry(_backoff(), RETRIES, _LOST)}
    found = sentinels.parse(url)
    if found is None:
        opened: redis.asyncio.Redis = redis.asyncio.Redis.from_url(url, **settings)
        return opened
    known = {"sentinel_kwargs": _asking(found), **settings, **_credentials(found)}
    asked: Any = redis.asyncio.sentinel.Sentinel(found.addresses, **known)  # type: ignore[no-untyped-call]
    primary: redis.asyncio.Redis = asked.master_for(found.name)
    return primary


def rq_settings(url: str) -> dict[str, Any]:
    """Return what RQ's own command reads of a settings module to connect: REDIS_URL or SENTINEL."""
    found = sentinels.parse(url)
    if found is None:
        return {"REDIS_URL": url}
    return {
        "SENTINEL": {
            "INSTANCES": list(found.addresses),
            "MASTER_NAME": found.name,
            "USERNAME": found.username,
            "PASSWORD": found.password,
            "CONNECTION_KWARGS": _settings(),
            "SENTINEL_KWARGS": _asking(found),
        }
    }


def _settings() -> dict[str, Any]:
    return {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": ANSWER_SECONDS}


def _asking(found: Sentinels) -> dict[str, Any]:
    seconds = {"socket_connect_timeout": SENTINEL_SECONDS, "socket_timeout": SENTINEL_SECONDS}
    return {**seconds, "password": found.sentinel_password}


def _credentials(found: Sentinels) -> dict[str, Any]:
    return {"username": found.username, "password": found.password}


def _backoff() -> ExponentialBackoff:
    return ExponentialBackoff(cap=0.3, base=0.05)
