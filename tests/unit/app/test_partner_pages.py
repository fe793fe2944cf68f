"""The examples of docs/partners.md and docs/simulate.md, loaded as a person would."""

import re
import shutil
from pathlib import Path

import pytest
import trustme
import yaml
from cryptography.hazmat.primitives import serialization as forms

from jmswrap.app.integration import load
from jmswrap.app.partners import Partners
from jmswrap.config.load import load as load_config
from jmswrap.testing.ledger import Ledger
from jmswrap.testing.partner import SimulatedPartner
from jmswrap.testing.scenario import ACTS

ROOT = Path(__file__).parents[3]
WSDL = ROOT / "tests/data/partner/orders.wsdl"


def examples(page: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, authority = tmp_path_factory.mktemp("pki"), trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    made = authority.issue_cert("localhost", key_type=trustme.KeyType.RSA)
    for name in ("us", "bank"):
        made.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
    key = forms.load_pem_private_key(made.private_key_pem.bytes(), None)
    lock = forms.BestAvailableEncryption(b"sesame")
    (folder / "us.key").write_bytes(key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, lock))
    return folder


@pytest.mark.parametrize(
    "example", examples("partners.md"), ids=lambda text: next(iter(yaml.safe_load(text)["partners"]))
)
def test_an_example_of_the_partners_page_makes_a_client(
    tmp_path: Path, pki: Path, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name,) = yaml.safe_load(example)["partners"]
    shutil.copy(WSDL, tmp_path / f"{name}.wsdl")
    shutil.copytree(pki, tmp_path / "pki")
    for file, text in (
        ("secrets/ccb", "sesame\n"),
        ("headers/session.xml", "<s xmlns='urn:s'>${id} ${env:CRM_KEY}</s>"),
    ):
        (tmp_path / file).parent.mkdir()
        (tmp_path / file).write_text(text)
    for variable in re.findall(r"env:(\w+)", example):
        monkeypatch.setenv(variable, "sesame")
    route = f"routes:\n  place: {{from: {{queue: in}}, to: {{partner: {name}, operation: Place}}, order: none}}\n"
    (tmp_path / "jmswrap.yaml").write_text(f"jmswrap: 1\nname: page\n{example}{route}")
    config, problems = load_config(tmp_path / "jmswrap.yaml")
    assert (config is not None, problems) == (True, [])
    Partners(load(tmp_path)).client(name).close()


@pytest.mark.parametrize("example", examples("simulate.md"))
def test_a_scenario_of_the_simulate_page_can_be_played(
    tmp_path: Path, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARTNER_PASSWORD", "sesame")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/partner").write_text("sesame")
    (tmp_path / "day.yaml").write_text(example)
    SimulatedPartner(WSDL, Ledger(None), scenario=tmp_path / "day.yaml")


def test_the_simulate_page_names_all_that_a_rule_does() -> None:
    page = (ROOT / "docs/simulate.md").read_text()
    assert [act for act in ACTS if f"`{act}" not in page] == []
