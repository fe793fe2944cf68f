"""Ports for servers that cannot be given a socket."""

import os
import random
import socket

SHARES = 16
"""Processes that run tests at the same time draw from different ports: one gets its port before a server has it."""

_SHARE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % SHARES
NOT_EPHEMERAL = range(15_000 + _SHARE, 32_000, SHARES)
"""The kernel gives these to nobody that asks for any port, neither to servers nor to clients."""

_given: set[int] = set()


def free_port() -> int:
    """Return a port that nobody listens on, and that is given only once by this process."""
    while True:
        port = random.choice(NOT_EPHEMERAL)
        if port in _given:
            continue
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        _given.add(port)
        return port
