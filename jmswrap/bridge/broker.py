"""One connection to a broker over STOMP 1.2; everything that is waited for is bounded.

stomp.py reads frames in a thread of its own; what it hears is kept here (``_Ears``) for the one thread that
uses the connection. After an ERROR frame the connection is used no more: STOMP ends it, and a transaction
that was not committed with it.
"""

import importlib
import importlib.util
import itertools
import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from jmswrap import clock
from jmswrap.config import secrets
from jmswrap.config.bridge_settings import Bridge
from jmswrap.errors import BrokerAway

stomp: Any = importlib.import_module("stomp") if importlib.util.find_spec("stomp") else None

BYE_SECONDS = 5.0
"""How long the broker may take to confirm that it has our last frames."""

WHY_SECONDS = 0.5
"""How long is waited for what a transaction failed of, once the broker said that it failed."""


class Refusal(BrokerAway):
    """The broker answered with an ERROR frame: nothing of the transaction was committed."""


class Unconfirmed(BrokerAway):
    """The transaction was to be committed and the broker did not say that it did."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A MESSAGE frame."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outbound:
    """What becomes a SEND frame."""

    destination: str
    headers: Mapping[str, str]
    body: bytes


class Broker:
    """A connection that stands; for one thread. Raises BrokerAway when it does no more."""

    def __init__(self, connection: Any, ears: "_Ears", address: str) -> None:
        self._connection, self._ears, self.address = connection, ears, address
        self._numbers = itertools.count(1)

    def require(self) -> None:
        """Raise Refusal or BrokerAway unless the connection stands."""
        if self._ears.error:
            raise Refusal(f"{self.address} refused: {self._ears.error}")
        if self._ears.lost.is_set():
            raise BrokerAway(f"{self.address} closed the connection.")

    def subscribe(self, destination: str, selector: str, prefetch: int) -> None:
        """Ask for the messages of a destination, each to be acknowledged by itself."""
        headers = {"activemq.prefetchSize": str(prefetch), "prefetch-count": str(prefetch)}
        if selector:
            headers["selector"] = selector
        with self._edge():
            self._connection.subscribe(destination, id="1", ack="client-individual", headers=headers)

    def receive(self, most: int, seconds: float) -> list[Arrived]:
        """Return what came, at most so many; waits so long for the first."""
        found: list[Arrived] = []
        try:
            found.append(self._ears.inbox.get(timeout=seconds))
            while len(found) < most:
                found.append(self._ears.inbox.get_nowait())
        except Empty:
            pass
        if not found:
            self.require()
        return found

    def ack(self, arrived: Arrived) -> None:
        """Say that a message is safe here; where that is lost, the broker gives it again."""
        with self._edge():
            self._connection.ack(arrived.headers["ack"])

    def nack(self, arrived: Arrived) -> None:
        """Say that a message will never be taken: the broker sets it aside."""
        with self._edge():
            self._connection.nack(arrived.headers["ack"])

    def commit(self, messages: Sequence[Outbound], seconds: float) -> None:
        """Send messages in one transaction and wait for the broker's word that it has them all.

        Raises Refusal and BrokerAway when it has none of them, Unconfirmed when nobody knows.
        """
        name = f"jmswrap-{next(self._numbers)}"
        with self._edge():
            self._connection.begin(transaction=name)
            for one in messages:
                self._connection.send(one.destination, one.body, headers=dict(one.headers), transaction=name)
        self.require()
        try:
            self._connection.commit(transaction=name, receipt=name)
        except (OSError, stomp.exception.StompException) as error:
            self._ears.lost.wait(BYE_SECONDS)  # by then an ERROR that came before the end was heard
            if self._ears.error:
                raise Refusal(f"{self.address} refused: {self._ears.error}") from error
            raise Unconfirmed(f"the connection to {self.address} broke while it committed: {_said(error)}") from error
        confirmed = self._ears.confirmed(name, seconds)
        if self._ears.error and not confirmed:
            self._ears.await_cause(WHY_SECONDS)
            raise Refusal(f"{self.address} refused: {self._ears.error}")
        if self._ears.error or not confirmed:
            raise Unconfirmed(
                f"{self.address} did not confirm that it committed everything. {self._ears.error}".strip()
            )

    def close(self) -> None:
        """End the connection; where it stands, only when the broker has everything that was sent."""
        try:
            if self._ears.connected and not self._ears.lost.is_set() and not self._ears.error:
                # Without a receipt of ours it makes one, and does not wait for it without an end.
                self._connection.disconnect()
                self._ears.lost.wait(BYE_SECONDS)
        except (OSError, stomp.exception.StompException):
            self._ears.lost.set()
        finally:
            self._connection.transport.disconnect_socket()

    @contextmanager
    def _edge(self) -> Iterator[None]:
        self.require()
        try:
            yield
        except (OSError, stomp.exception.StompException) as error:
            self.require()
            raise BrokerAway(f"the connection to {self.address} broke: {_said(error)}") from error


@contextmanager
def connected(settings: Bridge, folder: Path) -> Iterator[Broker]:
    """Connect, log in, and close at the end; BrokerAway says why not, ConfigError that a secret is not there."""
    address = f"the broker at {settings.host}:{settings.port}"
    password = _secret(settings.password, folder)
    connection, ears = _connection(settings, folder), _Ears()
    connection.set_listener("jmswrap", ears)
    broker = Broker(connection, ears, address)
    try:
        _log_in(connection, ears, settings, password, address)
        yield broker
    finally:
        broker.close()


def _connection(settings: Bridge, folder: Path) -> Any:
    beat_ms = round(settings.heartbeat_seconds * 1000)
    place = (settings.host, settings.port)
    connection = stomp.StompConnection12(
        [place],
        prefer_localhost=False,
        try_loopback_connect=False,
        reconnect_attempts_max=1,
        timeout=settings.connect_seconds,
        heartbeats=(beat_ms, beat_ms),
        vhost=settings.virtual_host or None,
        # Whether a frame says its length is whether ActiveMQ makes it a BytesMessage.
        auto_content_length=False,
        auto_decode=False,
    )
    if settings.tls is not None:
        tls = settings.tls
        connection.set_ssl(
            for_hosts=[place],
            ca_certs=str(folder / tls.ca) if tls.ca else None,
            cert_file=str(folder / tls.certificate) if tls.certificate else None,
            key_file=str(folder / tls.key) if tls.key else None,
            password=_secret(tls.key_password, folder),
        )
    return connection


def _log_in(connection: Any, ears: "_Ears", settings: Bridge, password: str | None, address: str) -> None:
    try:
        connection.connect(settings.username or None, password, wait=False)
    except (OSError, stomp.exception.StompException) as error:
        raise BrokerAway(f"{address} cannot be reached: {_why(settings, error)}") from error
    ears.heard.wait(settings.connect_seconds)
    if ears.error:
        raise BrokerAway(f"{address} does not let us in: {ears.error}")
    if not ears.connected:
        raise BrokerAway(f"{address} did not answer: is it a STOMP port?")


def _why(settings: Bridge, error: Exception) -> str:
    """Find out why there is no connection: stomp.py tells its log only."""
    try:
        socket.create_connection((settings.host, settings.port), settings.connect_seconds).close()
    except OSError as found:
        return _said(found)
    return "it ends the TLS handshake, or its certificate is not trusted" if settings.tls else _said(error)


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).lower()


def _secret(reference: str, folder: Path) -> str | None:
    return secrets.resolve(reference, folder, os.environ).text if reference else None


class _Ears:
    """What stomp.py's thread hears; it asks listeners for their methods by name and knows no base class."""

    def __init__(self) -> None:
        self.inbox: SimpleQueue[Arrived] = SimpleQueue()
        self.heard = threading.Event()
        """The broker answered to our login, one way or the other."""
        self.lost = threading.Event()
        self.connected = False
        self._cause = ""
        self._effect = ""
        self._receipts: set[str] = set()
        self._changed = threading.Condition()

    @property
    def error(self) -> str:
        """What the broker's ERROR frames said; empty: there was none.

        ActiveMQ sends two for a refused message, in any order: one about the message, which says why, and one
        about the commit, which then fails.
        """
        return self._cause or self._effect

    def await_cause(self, seconds: float) -> None:
        """Wait until it is known why the commit failed."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._cause) or self.lost.is_set(), seconds)

    def confirmed(self, receipt: str, seconds: float) -> bool:
        """Wait for a receipt; False when it did not come, or cannot come any more."""
        deadline = clock.monotonic() + seconds
        with self._changed:
            while receipt not in self._receipts and not self.error and not self.lost.is_set():
                left_seconds = deadline - clock.monotonic()
                if left_seconds <= 0:
                    return False
                self._changed.wait(left_seconds)
            found = receipt in self._receipts
            self._receipts.discard(receipt)
            return found

    def on_connected(self, frame: Any) -> None:
        self.connected = True
        self.heard.set()

    def on_message(self, frame: Any) -> None:
        body = frame.body if isinstance(frame.body, bytes) else str(frame.body or "").encode()
        self.inbox.put(Arrived(dict(frame.headers), body))

    def on_receipt(self, frame: Any) -> None:
        with self._changed:
            self._receipts.add(frame.headers.get("receipt-id", ""))
            self._changed.notify_all()

    def on_error(self, frame: Any) -> None:
        said = str(frame.headers.get("message", "")).strip() or "an ERROR frame without a message"
        with self._changed:
            if "receipt-id" in frame.headers:
                self._effect = said
            else:
                self._cause = self._cause or said
            self._changed.notify_all()
        self.heard.set()

    def on_disconnected(self) -> None:
        self.lost.set()
        with self._changed:
            self._changed.notify_all()
        self.heard.set()
