"""A typed service that fails and blocks, for the tests."""

import time
from pathlib import Path
from typing import Any

from spyne import Integer, ServiceBase, Unicode, rpc


class Faulty(ServiceBase):
    """Its methods do what a user's should not."""

    __tns__ = "urn:faulty"

    @rpc(Integer, _returns=Integer)
    def divide(ctx: Any, by: int) -> int:  # noqa: N805 - Spyne's methods take the call's context
        """Fail without a word for the caller."""
        secret = "the password is xyzzy"
        return len(secret) // by

    @rpc(Unicode, _returns=Unicode)
    def dawdle(ctx: Any, until: str) -> str:  # noqa: N805 - as above
        """Block its thread until a file is there; another one says that it does."""
        Path(f"{until}.begun").touch()
        end = time.monotonic() + 90
        while not Path(until).exists() and time.monotonic() < end:
            time.sleep(0.02)
        return "done"
