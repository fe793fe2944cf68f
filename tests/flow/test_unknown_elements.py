"""Elements that a partner's replies have and its contract has not are counted, and told by `health`."""

from pathlib import Path

import yaml
from machine import eventually, up
from rogue import CONFIRMED, answer, rogue

from jmswrap.app.health import examine
from jmswrap.app.integration import load
from jmswrap.contract.wrap import wrap

ORDERS = Path(__file__).parents[1] / "data" / "partner" / "orders.wsdl"


def test_an_element_that_a_partners_replies_have_and_its_contract_has_not_is_told(tmp_path: Path) -> None:
    made = wrap(str(ORDERS), tmp_path / "front", name="shop")
    config = yaml.safe_load(made.settings.read_text())
    strange = CONFIRMED.replace(b"</PlaceResponse>", b'<surprise xmlns="urn:new">1</surprise></PlaceResponse>')
    with rogue(answer("200 OK", strange)) as partner:
        config["partners"]["shop"]["address"] = partner.address
        config["workers"] = {"drain_seconds": 1}
        made.settings.write_text(yaml.safe_dump(config))
        with up(made.folder, "--workers", 1) as running:
            running.jmswrap("send", "shop", made.folder / "samples" / "Place.xml")

            def told() -> str | None:
                found = examine(load(made.settings))
                return next((one.sentence for one in found if one.what == "unknown-element"), None)

            sentence = eventually(told, "the finding")
    assert sentence.startswith("1 replies of partner shop to Place had {urn:new}surprise, which its contract has not")
