"""What running processes refused to adopt, so that a person who asks after their health is told."""

import json
from typing import Any

import redis

from jmswrap.store import keys
from jmswrap.store.edge import edge

_NAME = "refused"


class Refusals:
    """The last refusal of each kind of process. Methods raise StoreDown."""

    def __init__(self, client: redis.Redis, prefix: str) -> None:
        self._client, self._key = client, keys.alone(prefix, _NAME)

    def note(self, kind: str, at_ms: int, sentence: str) -> None:
        """Write down why a kind of process went on with what it had."""
        with edge():
            self._client.hset(self._key, kind, json.dumps([at_ms, sentence]))

    def forget(self, kind: str) -> None:
        """Take it back: what is there was adopted."""
        with edge():
            self._client.hdel(self._key, kind)

    def all(self) -> dict[str, str]:
        """Return the sentences by kind of process."""
        with edge():
            found: Any = self._client.hgetall(self._key)
        return {kind.decode(): json.loads(note)[1] for kind, note in found.items()}
