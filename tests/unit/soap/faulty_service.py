"""A typed service that fails and blocks, for the tests."""

import time
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

    @rpc(_returns=Unicode)
    def dawdle(ctx: Any) -> str:  # noqa: N805 - as above
        """Block its thread."""
        time.sleep(1.5)
        return "done"
