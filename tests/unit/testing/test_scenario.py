"""Simulated partners with a scenario: step by step, by rule, with whom they let in."""

import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import etree
from rogue import once, rogue
from waiting import eventually

from jmswrap.config.partner_settings import Partner
from jmswrap.errors import ConfigError
from jmswrap.outcome import Outcome
from jmswrap.partner.authentication import Authentication
from jmswrap.partner.client import PartnerClient
from jmswrap.partner.transport import Limits
from jmswrap.testing.http import Request
from jmswrap.testing.ledger import Ledger, entries
from jmswrap.testing.partner import SimulatedPartner
from jmswrap.testing.scenario import Latency, Scenario, ScenarioSettings, read

Simulate = Callable[..., str]
PLACE = '<Place xmlns="urn:example:orders"><number>{}</number><quantity>{}</quantity></Place>'


def place(number: str = "1", quantity: int = 1) -> bytes:
    return PLACE.format(number, quantity).encode()


@pytest.fixture
def play(simulate: Simulate, tmp_path: Path, wsdl: Path) -> Iterator[Callable[..., PartnerClient]]:
    """Start a partner with a scenario, for real; gives a client of it."""
    clients: list[PartnerClient] = []

    def start(scenario: str, read_seconds: float = 30, **section: object) -> PartnerClient:
        (tmp_path / "scenario.yaml").write_text(scenario)
        address = simulate("--scenario", tmp_path / "scenario.yaml", "--ledger", tmp_path / "ledger")
        settings = Partner.model_validate({"wsdl": str(wsdl), **section})
        clients.append(
            PartnerClient(
                "shop",
                wsdl,
                address=address,
                limits=Limits(read_seconds=read_seconds),
                authentication=Authentication.of(settings, tmp_path, {"SHOP": "sesame", "WRONG": "please"}),
            )
        )
        return clients[-1]

    yield start
    for client in clients:
        client.close()


def test_steps_follow_each_other_by_the_number_of_requests(play: Callable[..., PartnerClient], tmp_path: Path) -> None:
    client = play(
        """
steps:
  - {name: well, requests: 2}
  - {name: overloaded, requests: 2, rules: [{status: 503, retry_after_seconds: 7}]}
  - {name: odd, requests: 1, rules: [{status: 429}]}
  - {name: sick, requests: 1, rules: [{fault: {code: server, text: out of order}}]}
  - {name: html, requests: 1, rules: [{garbage: true}]}
"""
    )
    came = [client.call("Place", place(str(number))) for number in range(8)]
    assert [called.outcome for called in came] == [
        *(Outcome.REPLIED, Outcome.REPLIED, Outcome.UNAVAILABLE, Outcome.UNAVAILABLE, Outcome.TOO_MANY),
        *(Outcome.FAULT_TECHNICAL, Outcome.GARBAGE_REPLY, Outcome.REPLIED),
    ]
    assert came[2].retry_after_ms == 7000
    assert "out of order" in came[5].sentence
    assert [entry.sequence for entry in entries(tmp_path / "ledger")] == [1, 2, 3, 4]


def test_rules_choose_by_operation_and_by_xpath(play: Callable[..., PartnerClient], tmp_path: Path) -> None:
    client = play(
        """
rules:
  - {operation: Tell, status: 500}
  - {when: "t:quantity > 100", fault: {code: client, declared: true}}
"""
    )
    assert client.call("Place", place(quantity=5)).outcome is Outcome.REPLIED
    refused = client.call("Place", place(quantity=101))
    assert refused.outcome is Outcome.FAULT_REFUSED
    assert refused.fault is not None
    assert refused.fault.detail == ("{urn:example:orders}OutOfStock",)
    told = client.call("Tell", b'<Tell xmlns="urn:example:orders"><news>x</news></Tell>')
    assert told.outcome is Outcome.SERVER_ERROR
    assert len(entries(tmp_path / "ledger")) == 1


@pytest.mark.parametrize(
    ("act", "outcome", "applied"),
    [
        ("drop: before", {Outcome.NO_ANSWER, Outcome.RESET_ON_REUSE}, 0),
        ("drop: after", {Outcome.NO_ANSWER, Outcome.RESET_ON_REUSE}, 1),
        ("drop: midway", {Outcome.PARTIAL_REPLY}, 1),
        ("late_seconds: 3", {Outcome.NO_ANSWER}, 1),
        ("drift: true", {Outcome.REPLIED}, 1),
        ("twice: true", {Outcome.REPLIED}, 1),
    ],
)
def test_what_goes_wrong_on_the_wire(
    play: Callable[..., PartnerClient], tmp_path: Path, act: str, outcome: set[Outcome], applied: int
) -> None:
    client = play(f"steps: [{{requests: 1, rules: [{{{act}}}]}}]", read_seconds=1.5 if "late" in act else 30)
    called = client.call("Place", place())
    assert called.outcome in outcome, called.sentence
    assert len(entries(tmp_path / "ledger")) == applied
    assert (b"since the last release" in called.body) == (act == "drift: true")
    # The next call is not disturbed, by a doubled answer least of all.
    assert client.call("Place", place("2")).outcome is Outcome.REPLIED


def test_a_partner_goes_away_and_comes_back(play: Callable[..., PartnerClient]) -> None:
    client = play("steps: [{requests: 1, rules: [{away_seconds: 0.5}]}]")
    assert client.call("Place", place()).outcome is Outcome.NO_ANSWER
    deadline = time.monotonic() + 20
    seen = set()
    while (called := client.call("Place", place())).outcome is not Outcome.REPLIED:
        seen.add(called.outcome)
        assert time.monotonic() < deadline, called.sentence
    assert seen <= {Outcome.NOT_CONNECTED}


WHO = "authentication: {%s: {username: us, password: 'file:shop.secret'}}"


@pytest.mark.parametrize(
    ("way", "security", "refusal"),
    [
        ("basic", {"basic": {"username": "us"}}, Outcome.NOT_AUTHORISED),
        ("username_token", {"username_token": {"username": "us"}}, Outcome.FAULT_CREDENTIALS),
        ("username_token", {"username_token": {"username": "us", "digest": True}}, Outcome.FAULT_CREDENTIALS),
    ],
)
def test_only_who_shows_the_right_password_is_let_in(
    play: Callable[..., PartnerClient],
    tmp_path: Path,
    way: str,
    security: dict[str, dict[str, object]],
    refusal: Outcome,
) -> None:
    (tmp_path / "shop.secret").write_text("sesame\n")
    for reference, outcome in (("env:SHOP", Outcome.REPLIED), ("env:WRONG", refusal), ("", refusal)):
        section = {name: {**given, "password": reference} for name, given in security.items()} if reference else {}
        client = play(WHO % way, security=section)
        assert client.call("Place", place()).outcome is outcome
    assert len(entries(tmp_path / "ledger")) == 1


def test_a_digest_that_came_before_is_refused(tmp_path: Path, wsdl: Path) -> None:
    (tmp_path / "shop.secret").write_text("sesame\n")
    (tmp_path / "scenario.yaml").write_text(WHO % "username_token")
    settings = {"username_token": {"username": "us", "password": "file:shop.secret", "digest": True}}
    with rogue(once("500 Oh")) as seen:
        section = Partner.model_validate({"wsdl": str(wsdl), "security": settings})
        authentication = Authentication.of(section, tmp_path, {})
        PartnerClient("shop", wsdl, address=seen.address, authentication=authentication).call("Place", place())
    body = seen.requests[0].partition(b"\r\n\r\n")[2]
    partner = SimulatedPartner(wsdl, Ledger(None), scenario=tmp_path / "scenario.yaml")
    answers = [partner.respond(Request("POST", "/", {}, body)) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 500]
    assert b"the nonce came before" in answers[1].body


def test_the_answer_may_come_later_to_where_it_is_asked_for(simulate: Simulate, tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("rules: [{callback_seconds: 0.1}]")
    address = simulate("--scenario", tmp_path / "scenario.yaml")
    wsa = "http://www.w3.org/2005/08/addressing"
    with rogue(once("202 Accepted")) as seen:
        for reply_to, status in ((seen.address, 202), ("http://example.org/", 500)):
            header = f"<a:MessageID>urn:m:1</a:MessageID><a:ReplyTo><a:Address>{reply_to}</a:Address></a:ReplyTo>"
            envelope = (
                f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="{wsa}">'
                f"<e:Header>{header}</e:Header><e:Body>{place().decode()}</e:Body></e:Envelope>"
            )
            connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
            connection.request("POST", "/", envelope, {"Content-Type": "text/xml"})
            assert connection.getresponse().status == status
            connection.close()
        eventually(lambda: seen.requests, "the answer called back")
    root = etree.fromstring(seen.requests[0].partition(b"\r\n\r\n")[2])
    assert root.findtext(f"{{*}}Header/{{{wsa}}}RelatesTo") == "urn:m:1"
    assert root.find("{*}Body/{urn:example:orders}PlaceResponse") is not None


class Clock:
    """Time as a test wants it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def scenario(text: str, clock: Clock) -> Scenario:
    settings = ScenarioSettings.model_validate_json(text)
    return Scenario(settings, lambda expression: lambda body: True, clock)


def test_steps_by_time_end_when_their_time_is_over_and_may_begin_again() -> None:
    clock = Clock()
    steps = [{"name": "a", "seconds": 10}, {"name": "b", "seconds": 5}, {"name": "c", "requests": 1}]
    plays = scenario(json.dumps({"steps": steps, "repeat": True}), clock)

    def name() -> str:
        step = plays.step()
        return step.name if step else ""

    assert name() == "a"
    clock.now += 12
    assert name() == "b"
    clock.now += 3
    assert name() == "c"
    plays.act("Place", etree.Element("x"))
    assert name() == "a"


def test_a_share_of_the_requests_is_repeatable() -> None:
    text = json.dumps({"seed": 3, "rules": [{"share": 0.3, "status": 503}]})
    runs = []
    for _ in range(2):
        plays = scenario(text, Clock())
        runs.append([plays.act("Place", etree.Element("x")) is not None for _ in range(1000)])
    assert runs[0] == runs[1]
    assert 200 < sum(runs[0]) < 400


@pytest.mark.parametrize(
    ("latency", "least", "most"),
    [
        ({"ms": 20}, 0.02, 0.02),
        ({"from_ms": 5, "to_ms": 10}, 0.005, 0.01),
        ({"mean_ms": 50, "deviation_ms": 5}, 0, 0.1),
    ],
)
def test_latency_is_fixed_spread_or_normal(latency: dict[str, float], least: float, most: float) -> None:
    plays = scenario(json.dumps({"latency": latency}), Clock())
    found = [plays.delay_seconds() for _ in range(200)]
    assert least <= min(found) <= max(found) <= most
    assert (len(set(found)) == 1) == ("ms" in latency)
    assert Latency.model_validate({}).ms == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [{status: 503, drop: after}]", "exactly one of"),
        ("rules: [{share: 0.5}]", "exactly one of"),
        ("rules: [{fault: {}, retry_after_seconds: 3}]", "goes with `status`"),
        ("steps: [{requests: many}]", "`steps[1].requests`"),
        ("stepps: []", "`stepps`: a scenario has no such key here"),
        ("latency: {ms: 5, mean_ms: 6}", "`latency`"),
        ("rules: [", "is not YAML"),
        ("- x", "cannot be used"),
    ],
)
def test_a_wrong_scenario_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "scenario.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read(tmp_path / "scenario.yaml")
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_an_xpath_of_a_rule_is_checked_at_the_start(tmp_path: Path, wsdl: Path) -> None:
    (tmp_path / "scenario.yaml").write_text("rules: [{when: 'nope:x', drop: after}]")
    with pytest.raises(ConfigError, match="nope:x"):
        SimulatedPartner(wsdl, Ledger(None), scenario=tmp_path / "scenario.yaml")


def test_a_message_with_parts_is_understood(wsdl: Path) -> None:
    include = '<i:Include xmlns:i="http://www.w3.org/2004/08/xop/include" href="cid:p"/>'
    envelope = f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{place(include).decode()}</e:Body></e:Envelope>'
    body = f"--b\r\nContent-ID: <r>\r\n\r\n{envelope}\r\n--b\r\nContent-ID: <p>\r\n\r\nhello\r\n--b--".encode()
    partner = SimulatedPartner(wsdl, Ledger(None))
    kind = 'multipart/related; type="application/xop+xml"; boundary=b'
    assert partner.respond(Request("POST", "/", {"content-type": kind}, body)).status == 200
