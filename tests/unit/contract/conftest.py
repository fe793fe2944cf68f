"""Fixtures of the contract tests: the WSDLs of ours, and a server that offers documents."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

Answers = Callable[[str], bytes | str | None]
"""From a path with its query to the document there; a text is an address to go to instead."""


@pytest.fixture
def wsdls() -> Path:
    return Path(__file__).parents[2] / "data" / "wsdl"


class _Offering(BaseHTTPRequestHandler):
    answers: Answers

    def do_GET(self) -> None:
        found = type(self).answers(self.path)
        self.send_response(404 if found is None else 302 if isinstance(found, str) else 200)
        if isinstance(found, str):
            self.send_header("Location", found)
        self.end_headers()
        if isinstance(found, bytes):
            self.wfile.write(found)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def offer() -> Iterator[Callable[[Answers], str]]:
    """Start a server that gives these answers; return its address."""
    servers: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start(answers: Answers) -> str:
        handler = type("Offering", (_Offering,), {"answers": staticmethod(answers)})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join(10)
