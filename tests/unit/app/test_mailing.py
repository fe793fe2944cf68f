"""Mail about errors: which are mailed, what the mail says, and that nothing waits for a mail server."""

import base64
import socket
import ssl
import time
from pathlib import Path

import pytest
import trustme
import yaml
from postbox import Postbox, postbox
from waiting import eventually

from jmswrap.app import mailing
from jmswrap.app.examination import examine
from jmswrap.app.integration import load
from jmswrap.app.mail_checks import BUSINESS
from jmswrap.app.postman import MOST_KEPT, MOST_TOLD, Postman, letter
from jmswrap.config.mail_settings import Mail
from jmswrap.config.settings import Config
from jmswrap.deliver.delivery import Delivery, Put
from jmswrap.deliver.trouble import Trouble, trouble
from jmswrap.message import Attempt, Message, Settlement
from jmswrap.outcome import Outcome
from jmswrap.retry import Schedule
from jmswrap.states import State
from jmswrap.transform.properties import Properties, read

ROOT = Path(__file__).parents[3]
CCB_MDM = ROOT / "jmswrap" / "integrations" / "ccb_mdm"


def a_trouble(number: int = 1, business: bool = True, reason: str = "refused by mdm: no market\ncontract") -> Trouble:
    return Trouble(business, f"m{number}", "q", "route", f"key {number}", "c", State.DEAD, "mdm Sync", reason)


def settings(box: Postbox, **more: object) -> Mail:
    known = {"host": "127.0.0.1", "port": box.port, "sender": "jmswrap@site.example", "every_seconds": 0.5}
    return Mail.model_validate({**known, "timeout_seconds": 30, **more})


def test_troubles_that_come_together_share_a_mail_and_the_last_ones_leave_at_the_end() -> None:
    with postbox() as box:
        postman = Postman(settings(box, every_seconds=600), ["ops@site.example"], "ccb-mdm", str)
        postman.tell(a_trouble(1))
        postman.tell(a_trouble(2, business=False, reason="given up after 9 attempts"))
        eventually(lambda: len(box.mails) == 1, "the mail")
        postman.tell(a_trouble(3))
        postman.close()
    first, last = box.mails
    assert (first["From"], first["To"], first["Auto-Submitted"]) == (
        "jmswrap@site.example", "ops@site.example", "auto-generated",
    )  # fmt: skip
    assert (first["Subject"], last["Subject"]) == (
        "[ccb-mdm] 2 messages: errors", "[ccb-mdm] business error on route",
    )  # fmt: skip
    text = first.get_content()
    assert "m1, DEAD; jmswrap show m1" in text
    assert "no market contract" in text, "a reason is one line"
    assert "Technical error" in text
    assert box.recipients == [["ops@site.example"]] * 2


def test_what_the_server_refuses_is_sent_again_with_what_came_meanwhile() -> None:
    with postbox(refusals=1) as box:
        postman = Postman(settings(box), ["ops@site.example"], "ccb-mdm", str)
        postman.tell(a_trouble(1))
        eventually(lambda: box.refusals == 0, "the last refusal")
        postman.tell(a_trouble(2))
        eventually(lambda: bool(box.mails), "the mail")
        postman.close()
    text = "".join(mail.get_content() for mail in box.mails)
    assert "show m1" in text
    assert "show m2" in text


def test_a_server_that_is_away_holds_nobody_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        mail = Mail(host="127.0.0.1", port=mute.getsockname()[1], sender="a@b.example", timeout_seconds=60)
        postman = Postman(mail, ["ops@site.example"], "ccb-mdm", str)
        began = time.monotonic()
        for number in range(MOST_KEPT + 5):
            postman.tell(a_trouble(number))
        assert time.monotonic() - began < 30
    postman.close()


def test_a_login_takes_the_password_when_a_mail_leaves() -> None:
    with postbox() as box:
        postman = Postman(settings(box, username="jms", password="env:X"), ["ops@site.example"], "x", lambda: "opens")
        postman.tell(a_trouble())
        postman.close()
    assert [base64.b64decode(login) for login in box.logins] == [b"\0jms\0opens"]


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "mail-ca.pem"))
    return made


def serving(authority: trustme.CA, host: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    return context


def told(box: Postbox, folder: Path, **more: object) -> None:
    """Tell one trouble to what an integration in a folder mails with, and end."""
    mail = {"host": "127.0.0.1", "port": box.port, "sender": "a@b.example", "recipients": ["ops@site.example"], **more}
    routes = {"place": {"from": {"queue": "a"}, "to": {"queue": "b"}}}
    config = Config.model_validate({"jmswrap": 1, "name": "x", "mail": mail, "routes": routes})
    postman = mailing.postman(config, folder)
    assert postman is not None
    postman.tell(a_trouble())
    postman.close()


@pytest.mark.parametrize("tls", ["starttls", "immediate"])
def test_mail_and_password_go_over_tls_to_a_server_that_the_named_authority_knows(
    tls: str, authority: trustme.CA, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("opens")
    with postbox(**{tls: serving(authority)}) as box:
        told(box, tmp_path, tls=tls, ca="mail-ca.pem", username="jms", password="file:secret")
    assert [version[:4] for version in box.tls_versions] == ["TLSv"]
    assert [base64.b64decode(login) for login in box.logins] == [b"\0jms\0opens"]


@pytest.mark.parametrize("tls", ["starttls", "immediate"])
@pytest.mark.parametrize("more", [{}, {"ca": "mail-ca.pem"}], ids=["another authority", "another host"])
def test_a_mail_server_that_cannot_prove_who_it_is_gets_nothing(
    tls: str, more: dict[str, str], authority: trustme.CA, tmp_path: Path
) -> None:
    with postbox(**{tls: serving(authority, "elsewhere.example" if more else "127.0.0.1")}) as box:
        told(box, tmp_path, tls=tls, **more)
    assert (box.mails, box.logins) == ([], [])


def test_a_mail_server_without_starttls_gets_nothing_in_clear(tmp_path: Path) -> None:
    with postbox() as box:
        told(box, tmp_path, tls="starttls")
    assert (box.mails, box.logins) == ([], [])


def test_a_password_that_no_login_can_carry_does_not_end_the_sending() -> None:
    words = ["opens", "öffnet"]
    with postbox() as box:
        known = settings(box, username="jms", password="env:X")
        postman = Postman(known, ["ops@site.example"], "x", lambda: words.pop() if len(words) > 1 else words[0])
        postman.tell(a_trouble(1))
        eventually(lambda: len(words) == 1, "the word in the log")
        postman.tell(a_trouble(2))
        eventually(lambda: bool(box.mails), "the mail")
        postman.close()
    assert "show m1" in box.mails[0].get_content()


def test_a_mail_describes_some_and_counts_the_others() -> None:
    text = letter("a@b.example", ["c@d.example"], "x", [a_trouble(n) for n in range(MOST_TOLD + 3)], 4).get_content()
    assert f"show m{MOST_TOLD - 1}\n" in text
    assert f"show m{MOST_TOLD}\n" not in text
    assert "And 7 more" in text


BOTH = Delivery("route", Put("next"), Schedule((1,)), tells_business=True, tells_technical=True)
QUIET = Delivery("route", Put("next"), Schedule((1,)))
MESSAGE = Message("m", "q", "route", b"<secret/>", key="k", correlation_id="c")


def settled(state: State, outcome: Outcome | None, wait_ms: int = 0) -> Settlement:
    attempt = None if outcome is None else Attempt(1, 0, 1, "w", "next", str(outcome), "why")
    return Settlement("m", 1, state, wait_ms=wait_ms, reason="why", attempt=attempt)


@pytest.mark.parametrize(
    ("settlement", "business"),
    [
        (settled(State.DEAD, Outcome.FAULT_REFUSED), True),
        (settled(State.DEAD, Outcome.VALUE_NOT_MAPPED), True),
        (settled(State.DEAD, Outcome.NOT_CONNECTED), False),
        (settled(State.DEAD, None), False),
        (settled(State.IN_DOUBT, Outcome.NO_ANSWER), False),
        (settled(State.IN_DOUBT, Outcome.NO_ANSWER, wait_ms=5), None),
        (settled(State.WAITING, Outcome.NOT_CONNECTED, wait_ms=5), None),
        (settled(State.DELIVERED, Outcome.FORWARDED), None),
    ],
    ids=str,
)
def test_what_needs_a_person_is_told_as_business_or_technical(settlement: Settlement, business: bool | None) -> None:
    told = trouble(settlement, MESSAGE, BOTH)
    assert (told.business if told else None) == business
    assert trouble(settlement, MESSAGE, QUIET) is None


def properties(**services: dict[str, str]) -> Properties:
    return Properties(services=services)


def test_a_route_has_the_switches_of_its_service_or_of_the_route_that_feeds_it() -> None:
    config = load(CCB_MDM).config
    shipped = read([CCB_MDM / "config" / "ConfigurationProperties.xml"])
    assert {mailing.wanted(config, name, shipped) for name in config.routes} == {mailing.Wanted(False, False)}
    leg = "OUCCB2OUMDM2PersonSyncReq"
    on = properties(**{f"{leg}EBF": {BUSINESS: "true"}})
    wanted = {name for name in config.routes if mailing.wanted(config, name, on).business}
    assert wanted == {f"{leg}EBF", f"{leg}JMSReadSvc"}
    own = properties(**{f"{leg}EBF": {BUSINESS: "true"}, f"{leg}JMSReadSvc": {BUSINESS: "false"}})
    assert not mailing.wanted(config, f"{leg}JMSReadSvc", own).business


PROPERTIES = """<AIAConfiguration xmlns="http://xmlns.oracle.com/aia/core/config/V1">
<ServiceConfiguration serviceName="place"><Property name="TechnicalError.NotificationFlag">true</Property>
</ServiceConfiguration></AIAConfiguration>"""


@pytest.mark.parametrize(
    ("mail", "sentence"),
    [
        ({}, "TechnicalError.NotificationFlag of place is true and nothing sends mail"),
        ({"business_errors": True}, "errors are to be mailed and nothing sends mail"),
        ({"host": "smtp.example"}, "`mail.sender` is missing"),
        ({"host": "smtp.example", "sender": "a@b.example"}, "mail has no recipients"),
        ({"host": "smtp.example", "sender": "ops"}, "`ops` is no mail address"),
        ({"sender": "a@b.example", "recipients": ["c@d, e@f"]}, "is no mail address"),
        ({"username": "jms"}, "add `password`"),
        ({"username": "jms", "password": "opens"}, "`mail.password` must be a reference"),
        ({"username": "jms", "password": "env:NOT_THERE_AT_ALL"}, "NOT_THERE_AT_ALL"),
        ({"ca": "none.pem"}, "there is no file `none.pem`"),
    ],
    ids=str,
)
def test_check_says_what_keeps_mail_from_being_sent(tmp_path: Path, mail: dict[str, object], sentence: str) -> None:
    (tmp_path / "flags.xml").write_text(PROPERTIES)
    (tmp_path / "jmswrap.yaml").write_text(
        yaml.safe_dump(
            {
                "jmswrap": 1,
                "name": "orders",
                "mail": mail,
                "transforms": {"properties": ["flags.xml"]},
                "routes": {"place": {"from": {"queue": "a"}, "to": {"queue": "b"}}},
            }
        )
    )
    examined = examine(tmp_path)
    found = examined.problems if mail else examined.warnings
    assert any(sentence in str(problem) for problem in found), found
