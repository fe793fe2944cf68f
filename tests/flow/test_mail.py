"""A business error is answered with CCB's codes, and mailed where the vendor's switch is on."""

import shutil
import urllib.request
from pathlib import Path

from machine import Up, eventually, up
from postbox import postbox

from jmswrap.testing import ledger

CCB_MDM = Path(__file__).parents[2] / "jmswrap" / "integrations" / "ccb_mdm"
STRICT = 'name="DVM.OUCCB2_OUMDM2_Country.ThrowException">'
STRICT_UNIT = 'name="DVM.OUMDM2_OUCCB2_UOM.ThrowException">'
FLAG = """serviceName="OUCCB2OUMDM2PersonSyncReqEBF">
    <Property name="BusinessError.NotificationFlag">"""


def send(machine: Up, sample: str, leg: str) -> None:
    body = (CCB_MDM / "samples" / f"{sample}.xml").read_bytes()
    body = body.replace(b">USA<", b">CHE<").replace(b">D1-KWH<", b">D1-MWH<")
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
    assert STRICT_UNIT in text
    assert FLAG in text
    for switch in (STRICT, STRICT_UNIT, FLAG):
        text = text.replace(f"{switch}false", f"{switch}true")
    file.write_text(text)
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
            send(machine, "12-online-bill-determinant-response", "OUMDM2OUCCB2OnlineBillDeterminantResp")
            told = Path(machine.facts["partners"]["ccb_bill_determinants"]["ledger"])
            eventually(lambda: ledger.entries(told) or None, "the negative answer instead of MDM's")
            (instead,) = machine.jmswrap("messages", "--queue", "OUMDM2OUCCB2OnlineBillDeterminantRespSourceQueue")
            answer = machine.jmswrap("show", instead["id"], "--body")["body"]
    assert "<messageCategory>11017</messageCategory><messageNumber>11401</messageNumber>" in said
    assert "<boStatus>ERROR</boStatus>" in answer
    assert "<messageNumber>11401</messageNumber>" in answer
    (sent,) = box.mails
    assert sent["Subject"] == "[ccb-mdm] business error on OUCCB2OUMDM2PersonSyncReqEBF"
    text = sent.get_content()
    assert dead["id"] in text
    assert "OUCCB2_OUMDM2_Country" in text
    assert "Springfield" not in text, "nothing of the body"
