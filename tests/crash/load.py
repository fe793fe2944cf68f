"""The clients: each sends the orders of one key, one after the other, and notes every receipt.

A client that gets no receipt sends the same order again until it has one, as a careful caller
does; the order's number makes the second time a duplicate, not a second order.
"""

import http.client
import json
import re
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.crash import orders

ANSWER_SECONDS = 3.0
"""A client that hears nothing for so long asks again."""

AGAIN_SECONDS = 0.1

_RECEIPT = re.compile(rb"<messageId>([^<]+)</messageId>.*<status>([A-Z]+)</status>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Receipt:
    """An acknowledged order."""

    number: str
    message_id: str
    status: str
    at: float
    """Monotonic seconds when it was there."""


class Load:
    """All clients of one row; ``start``, then ``join``."""

    def __init__(
        self, service: str, keys: int, each: int, ledger: Path, pace_seconds: float, patience_seconds: float
    ) -> None:
        self._address = urlsplit(service)
        self._each, self._pace_seconds = each, pace_seconds
        self._deadline = time.monotonic() + patience_seconds
        self._ledger = ledger.open("a", encoding="utf-8")
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self.receipts: dict[str, Receipt] = {}
        self.faults = 0
        """Calls that were answered with a fault."""
        self.silences = 0
        """Calls that were never answered."""
        self._clients = [
            threading.Thread(target=self._send_all, args=(f"K{number}",), name=f"client-{number}", daemon=True)
            for number in range(keys)
        ]
        self.count = keys * each

    def start(self) -> None:
        """Let the clients begin."""
        for client in self._clients:
            client.start()

    def wait_for(self, receipts: int, seconds: float = 90) -> None:
        """Return when so many orders were acknowledged."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.receipts) >= receipts, seconds):
                raise TimeoutError(f"only {len(self.receipts)} of {receipts} orders had a receipt after {seconds:g} s")

    def pass_time(self, seconds: float) -> None:
        """Let the clients go on for a while, or until all have their receipts."""
        with self._changed:
            self._changed.wait_for(lambda: len(self.receipts) >= self.count, seconds)

    def join(self) -> None:
        """Return when every client is done, or its patience over."""
        for client in self._clients:
            client.join(max(self._deadline - time.monotonic(), 0) + 2 * ANSWER_SECONDS)
        self._ledger.close()

    def stop(self) -> None:
        """End early."""
        self._stop.set()
        for client in self._clients:
            if client.is_alive():
                client.join(2 * ANSWER_SECONDS)
        self._ledger.close()

    def acknowledged(self) -> Sequence[str]:
        """Return the numbers of the orders that have a receipt."""
        with self._changed:
            return list(self.receipts)

    def _send_all(self, key: str) -> None:
        connection = self._connection()
        for place in range(1, self._each + 1):
            body = orders.envelope(key, place)
            while (receipt := self._sent(connection, orders.number(key, place), body)) is None:
                connection.close()
                if self._stop.wait(AGAIN_SECONDS) or time.monotonic() > self._deadline:
                    return
            self._note(receipt)
            if self._pace_seconds and self._stop.wait(self._pace_seconds):
                break
        connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        assert self._address.hostname is not None
        return http.client.HTTPConnection(self._address.hostname, self._address.port, timeout=ANSWER_SECONDS)

    def _sent(self, connection: http.client.HTTPConnection, number: str, body: bytes) -> Receipt | None:
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"urn:place"'}
        try:
            connection.request("POST", self._address.path, body, headers)
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            with self._changed:
                self.silences += 1
            return None
        found = _RECEIPT.search(said)
        if answer.status != 200 or found is None:
            with self._changed:
                self.faults += 1
            return None
        return Receipt(number, found[1].decode(), found[2].decode(), time.monotonic())

    def _note(self, receipt: Receipt) -> None:
        with self._changed:
            line = {"number": receipt.number, "id": receipt.message_id, "status": receipt.status}
            self._ledger.write(json.dumps(line) + "\n")
            self._ledger.flush()
            self.receipts[receipt.number] = receipt
            self._changed.notify_all()
