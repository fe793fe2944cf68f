"""A business error is answered with CCB's codes, and mailed where the vendor's switch is on."""

import shutil
import urllib.request
from pathlib import Path

from machine import Up, eventually, up
from postbox import postbox

from jmswrap.testing import ledger

CCB_MDM = Path(__file__).parents[2] / "jmswrap" / "integrations" / "ccb_mdm"
STRICT = 'name="DVM.OUCCB2_OUMDM2_Country.ThrowException">'
FLAG = """serviceName="OUCCB2OUMDM2PersonSyncReqEBF">
    <Property name="BusinessError.NotificationFlag">"""


def send(machine: Up, sample: str, leg: str) -> None:
    body = (CCB_MDM / "samples" / f"{sample}.xml").read_bytes().replace(b">USA<", b">CHE<")
    soap = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>' % body
    address = machine.facts["services"][f"{leg}JMSWriteSvc"]["address"]
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"process"'}
    with urllib.request.urlopen(urllib.request.Request(address, soap, headers), timeout=30) as answer:
        assert b"ACCEPTED" in answer.read()


def test_a_value_that_a_strict_map_does_not_have_is_refused_and_mailed_where_the_switch_is_on(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CCB_MDM, tmp_path / "ccb_mdm", symlinks=False))
    file = folder / "config" / "ConfigurationProperties.xml"
    text = file.read_text()
    assert STRICT in text
    assert FLAG in text
    file.write_text(text.replace(f"{STRICT}false", f"{STRICT}true").replace(f"{FLAG}false", f"{FLAG}true"))
    with postbox() as box:
        settings = folder / "jmswrap.yaml"
        mail = (
            f"mail: {{host: 127.0.0.1, port: {box.port}, sender: jms@site.example, recipients: [ops@site.example]}}\n"
        )
        settings.write_text(settings.read_text() + mail)
        with up(folder, "--simulate", "--workers", "1") as machine:
            send(machine, "02-sp-request", "OUCCB2OUMDM2SPSyncReq")
            send(machine, "01-person-request", "OUCCB2OUMDM2PersonSyncReq")
            answers = Path(machine.facts["partners"]["ccb"]["ledger"])
            eventually(lambda: len(ledger.entries(answers)) == 2 or None, "the two negative answers")
            (refusal,) = machine.jmswrap("messages", "--queue", "OUMDM2OUCCB2PersonRespSourceQueue")
            said = machine.jmswrap("show", refusal["id"], "--body")["body"]
            (dead,) = machine.jmswrap("messages", "--queue", "OUCCB2OUMDM2PersonReqSourceQueue", "--state", "DEAD")
            eventually(lambda: box.mails or None, "the mail")
    assert "<messageCategory>11017</messageCategory><messageNumber>11401</messageNumber>" in said
    (sent,) = box.mails
    assert sent["Subject"] == "[ccb-mdm] business error on OUCCB2OUMDM2PersonSyncReqEBF"
    text = sent.get_content()
    assert dead["id"] in text
    assert "OUCCB2_OUMDM2_Country" in text
    assert "Springfield" not in text, "nothing of the body"
