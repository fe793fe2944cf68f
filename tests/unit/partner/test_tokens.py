"""OAuth 2 client credentials against a real token endpoint that counts."""

import base64
import itertools
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from rogue import CONFIRMED, Behaviour, Rogue, once, request, rogue

from jmswrap.outcome import TABLE, Called, Meaning, Outcome
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.wire import Wire

Make = Callable[..., PartnerClient]
PLACE = b'<Place xmlns="urn:example:orders"><number>1</number><quantity>2</quantity></Place>'
OK = once("200 OK", CONFIRMED)


def issuing(expires_in: object = 3600, hold: threading.Event | None = None) -> Behaviour:
    """Issue token-1, token-2, … to whoever asks."""
    numbers = itertools.count(1)

    def behave(connection: socket.socket, seen: Rogue) -> None:
        if request(connection, seen):
            if hold is not None:
                hold.wait(60)
            said = json.dumps(
                {"access_token": f"token-{next(numbers)}", "token_type": "Bearer", "expires_in": expires_in}
            )
            connection.sendall(
                f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(said)}\r\n\r\n{said}".encode()
            )

    return behave


def oauth(endpoint: Rogue, **more: object) -> dict[str, object]:
    said = {"token_url": endpoint.address, "client_id": "us", "client_secret": "env:CLIENT", **more}
    return {"oauth": said}


def bearer(seen: Rogue) -> list[str]:
    return [
        line.partition("Bearer ")[2]
        for sent in seen.requests
        for line in sent.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        if line.startswith("Authorization: ")
    ]


def test_a_token_is_fetched_once_and_sent_with_every_call(partner: Make) -> None:
    with rogue(issuing()) as endpoint, rogue(OK) as seen:
        client = partner(seen.address, {"CLIENT": "s&cret"}, security=oauth(endpoint, scope="orders write"))
        assert [client.call("Place", PLACE).outcome for _ in range(3)] == [Outcome.REPLIED] * 3
    assert bearer(seen) == ["token-1"] * 3
    (asked,) = endpoint.requests
    head, _, form = asked.partition(b"\r\n\r\n")
    assert parse_qs(form.decode()) == {"grant_type": ["client_credentials"], "scope": ["orders write"]}
    assert base64.b64encode(b"us:s%26cret") in head


def test_a_client_may_be_sent_in_the_body(partner: Make) -> None:
    with rogue(issuing()) as endpoint, rogue(OK) as seen:
        partner(seen.address, {"CLIENT": "s"}, security=oauth(endpoint, sends="body")).call("Place", PLACE)
    form = parse_qs(endpoint.requests[0].partition(b"\r\n\r\n")[2].decode())
    assert (form["client_id"], form["client_secret"]) == (["us"], ["s"])
    assert b"Authorization" not in endpoint.requests[0]


def test_a_token_is_renewed_before_it_expires(partner: Make) -> None:
    with rogue(issuing(expires_in=0.2)) as endpoint, rogue(OK) as seen:
        client = partner(seen.address, {"CLIENT": "s"}, security=oauth(endpoint))
        client.call("Place", PLACE)
        deadline = time.monotonic() + 60
        while len(endpoint.requests) < 2:
            assert time.monotonic() < deadline
            assert client.call("Place", PLACE).outcome is Outcome.REPLIED
    assert set(bearer(seen)) >= {"token-1", "token-2"}


def test_many_calls_at_once_share_one_refresh(partner: Make) -> None:
    hold = threading.Event()
    came: list[Called] = []
    with rogue(issuing(hold=hold)) as endpoint, rogue(OK) as seen:
        client = partner(seen.address, {"CLIENT": "s"}, security=oauth(endpoint))
        threads = [threading.Thread(target=lambda: came.append(client.call("Place", PLACE))) for _ in range(12)]
        for thread in threads:
            thread.start()
        hold.set()
        for thread in threads:
            thread.join(20)
        assert [called.outcome for called in came] == [Outcome.REPLIED] * 12
        assert len(endpoint.requests) == 1


def test_a_401_is_answered_with_one_new_token_and_one_more_try(partner: Make) -> None:
    def choosy(connection: socket.socket, seen: Rogue) -> None:
        if request(connection, seen):
            if b"token-1" in seen.requests[-1]:
                connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            else:
                connection.sendall(
                    f"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {len(CONFIRMED)}\r\n\r\n".encode()
                    + CONFIRMED
                )

    with rogue(issuing()) as endpoint, rogue(choosy) as seen:
        client = partner(seen.address, {"CLIENT": "s"}, security={**oauth(endpoint), "timestamp": {}})
        assert client.call("Place", PLACE).outcome is Outcome.REPLIED
        assert client.call("Place", PLACE).outcome is Outcome.REPLIED
    assert bearer(seen) == ["token-1", "token-2", "token-2"]


def test_a_second_401_is_a_wait_and_no_third_try(partner: Make) -> None:
    with rogue(issuing()) as endpoint, rogue(once("401 Unauthorized")) as seen:
        client = partner(seen.address, {"CLIENT": "s"}, security=oauth(endpoint))
        assert client.call("Place", PLACE).outcome is Outcome.NOT_AUTHORISED
    assert len(seen.requests) == len(endpoint.requests) == 2


@pytest.mark.parametrize(
    ("behave", "said"),
    [
        (once("503 Service Unavailable"), "HTTP 503"),
        (
            once("401 Unauthorized", b'{"error": "invalid_client", "error_description": "s3cret is wrong"}'),
            "invalid_client",
        ),
        (once("200 OK", b"<html>Log in</html>"), "without an access_token"),
        (once("200 OK", b"[" * 60_000), "without an access_token"),
        (once("200 OK", b'{"access_token": "a b\\r\\nX: y"}'), "without an access_token"),
        (once("200 OK", b'{"access_token": "a\\n"}'), "without an access_token"),
        (once("200 OK", b'{"access_token": "x", "token_type": "mac"}'), "no bearer token"),
    ],
)
def test_no_token_is_a_wait_and_nothing_is_sent(partner: Make, behave: Behaviour, said: str) -> None:
    with rogue(behave) as endpoint, rogue(OK) as seen:
        called = partner(seen.address, {"CLIENT": "s3cret"}, security=oauth(endpoint)).call("Place", PLACE)
        assert called.outcome is Outcome.NO_TOKEN
        assert said in called.sentence
        assert "s3cret" not in called.sentence + repr(called)
        assert seen.requests == []
    assert TABLE[Outcome.NO_TOKEN].other is Meaning.WAITING


def test_an_endpoint_that_is_away_is_a_wait(partner: Make) -> None:
    with ExitStack() as stack:
        seen = stack.enter_context(rogue(OK))
        with rogue(OK) as endpoint:
            pass
        called = partner(seen.address, {"CLIENT": "s"}, security=oauth(endpoint)).call("Place", PLACE)
        assert called.outcome is Outcome.NO_TOKEN
        assert seen.requests == []


def test_an_abort_reaches_a_call_that_waits_for_its_token(partner: Make, tmp_path: Path) -> None:
    hold = threading.Event()
    with rogue(issuing(hold=hold)) as endpoint, rogue(OK) as seen:
        client, wire = partner(seen.address, {"CLIENT": "s"}, security=oauth(endpoint)), Wire()
        came: list[Called] = []
        thread = threading.Thread(target=lambda: came.append(client.call("Place", PLACE, wire=wire)))
        thread.start()
        deadline = time.monotonic() + 60
        while not endpoint.requests:
            assert time.monotonic() < deadline
            thread.join(0.01)
        wire.abort()
        thread.join(30)
        hold.set()
        assert [called.outcome for called in came] == [Outcome.NOT_SENT]
        assert seen.requests == []
