"""The partner: a simulated one that applies what it gets, notes it, and misbehaves as it is told."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jmswrap.testing.http import Answer, Request, Server
from jmswrap.testing.ledger import Ledger
from jmswrap.testing.partner import Behaviour, SimulatedPartner
from tests.crash import orders
from tests.crash.loop import Loop

FOR_EVER_SECONDS = 3600.0
LATE_SECONDS = 2.0
"""Longer than the rows' time-out."""

Misdeed = Callable[[int, Callable[[], Answer]], Answer]
"""Makes an answer of its own from the number of the misdeed and the honest way to answer."""

_NUMBER = re.compile(rb"<(?:\w+:)?number>([^<]+)<")


def hangs(number: int, honest: Callable[[], Answer]) -> Answer:
    """Answer never; every other time without having applied the order."""
    answer = honest() if number % 2 else Answer(200)
    return replace(answer, delay_seconds=FOR_EVER_SECONDS)


def is_late(_: int, honest: Callable[[], Answer]) -> Answer:
    """Apply at once, answer after the caller has given up."""
    return replace(honest(), delay_seconds=LATE_SECONDS)


def breaks_off(number: int, honest: Callable[[], Answer]) -> Answer:
    """Apply, then close the connection: in the middle of the answer, or before its first byte."""
    answer = honest()
    return replace(answer, cut_bytes=len(answer.body) // 2) if number % 2 else replace(answer, drop=True)


def babbles(number: int, honest: Callable[[], Answer]) -> Answer:
    """Apply, then answer with what is no SOAP."""
    honest()
    said = (b"<html><body>Welcome</body></html>", b"\x00\xff\xfe junk", b"<soap:Envelope", b"")
    return Answer(200, said[number % len(said)], {"Content-Type": "text/xml"})


def refuses(_: int, __: Callable[[], Answer]) -> Answer:
    """Refuse the order for a reason of the business; it is not applied."""
    fault = (
        b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        b"<faultcode>s:Client</faultcode><faultstring>out of stock</faultstring></s:Fault></s:Body></s:Envelope>"
    )
    return Answer(500, fault, {"Content-Type": "text/xml"})


class Partner:
    """One partner in the rows' own process; ``address`` is where it is called."""

    def __init__(self, loop: Loop, ledger: Path) -> None:
        self.ledger = ledger
        self.latency_seconds = 0.0
        self.misdeed: Misdeed | None = None
        self.every = 4
        """Which call in so many is answered by the misdeed."""
        self.arrived: Callable[[str], None] | None = None
        """Told the number of each order while its call is under way."""
        self.misdeeds = 0
        self._loop = loop
        self._calls = 0
        behaviour = Behaviour(values=orders.VALUES)
        self._honest = SimulatedPartner(orders.WSDL, Ledger(ledger), behaviour, "Orders", "Eleven")
        self._server = Server(self._respond)
        loop.run(self._server.start())

    @property
    def address(self) -> str:
        """Where it is called."""
        return f"http://127.0.0.1:{self._server.port}/orders"

    def go_away(self, seconds: float) -> None:
        """Refuse connections for a time."""
        self.misdeeds += 1
        self._loop.call(lambda: self._server.go_away(seconds))

    def stop(self) -> None:
        """Listen no more."""
        self._loop.call(self._server.stop)
        self._honest.ledger.close()

    def _respond(self, request: Request) -> Answer:
        self._calls += 1
        answer = self._answer(request)
        if self.latency_seconds and not answer.delay_seconds:
            answer = replace(answer, delay_seconds=self.latency_seconds)
        found = _NUMBER.search(request.body)
        if self.arrived is not None and found:
            self.arrived(found[1].decode())
        return answer

    def _answer(self, request: Request) -> Answer:
        if self.misdeed is None or self._calls % self.every:
            return self._honest.respond(request)
        self.misdeeds += 1
        return self.misdeed(self.misdeeds, lambda: self._honest.respond(request))
