"""What goes into one pipeline and what comes out: calls of scripts, and WAIT behind those that must not be lost.

``running.py`` and ``aio.py`` send it, each over its own kind of connection.
"""

from collections.abc import Sequence
from typing import Any

from redis.exceptions import ResponseError

from jmswrap.store.calls import Call, limits_argument
from jmswrap.store.edge import replicas_missing
from jmswrap.store.lua import script
from jmswrap.store.nouns import Limits


class Pipeline:
    """Fills pipelines for one integration's prefix, and reads their answers."""

    def __init__(self, prefix: str, limits: Limits) -> None:
        self._prefix = prefix
        self._limits = limits
        self._argument = limits_argument(limits)

    def fill(self, pipe: Any, calls: Sequence[Call]) -> int:
        """Queue the calls; return how many replicas must have what they write."""
        for call in calls:
            pipe.execute_command("EVALSHA", script(call.script).sha, 0, self._prefix, self._argument, *call.arguments)
        replicas = self._limits.replicas if any(call.durable for call in calls) else 0
        if replicas:
            # In the same pipeline, so that it waits for the writes of this connection.
            pipe.execute_command("WAIT", replicas, self._limits.replica_timeout_ms)
        return replicas

    def answers(self, came: list[Any], replicas: int) -> list[Any]:
        """Return the answers of the calls; raises StoreUnsafe when too few replicas have what was written."""
        if not replicas:
            return came
        *answers, reached = came
        if isinstance(reached, ResponseError):
            raise reached
        if reached < replicas:
            raise replicas_missing(reached, replicas)
        return answers
