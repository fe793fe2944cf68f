"""Published documents name the configured address, and nothing but the contract is served."""

from pathlib import Path

import pytest
from published_transport import ADDRESS, client

from jmswrap.contract.bundle import pin
from jmswrap.contract.derive import derive
from jmswrap.contract.publish import Published


@pytest.fixture
def front(wsdls: Path, tmp_path: Path) -> Path:
    pinned = pin(str(wsdls / "spread" / "service.wsdl"), tmp_path / "pinned")
    return derive(pinned, tmp_path / "front", "Front")


def test_the_wsdl_names_the_configured_address(front: Path) -> None:
    said = Published(front, ADDRESS).wsdl().content.decode()
    assert f'location="{ADDRESS}"' in said
    assert "jmswrap.invalid" not in said


def test_schemas_are_found_at_the_address(front: Path) -> None:
    published = Published(front, ADDRESS)
    assert f'schemaLocation="{ADDRESS}?xsd=meters.xsd"' in published.wsdl().content.decode()
    assert sorted(published.files) == ["identity.xsd", "meters.xsd", "units.xsd", "xml.xsd"]
    meters = published.file("meters.xsd")
    assert meters is not None
    assert f'schemaLocation="{ADDRESS}?xsd=units.xsd"' in meters.content.decode()


@pytest.mark.parametrize("name", ["../pinned/meters.xsd", "/etc/passwd", "Front.wsdl", "", "meters.xsd\0"])
def test_no_other_name_leads_anywhere(front: Path, name: str) -> None:
    assert Published(front, ADDRESS).file(name) is None


def test_a_strong_tag_changes_with_the_content_only(front: Path) -> None:
    tag = Published(front, ADDRESS).wsdl().etag
    assert tag == Published(front, ADDRESS).wsdl().etag
    assert tag != Published(front, f"{ADDRESS}2").wsdl().etag
    assert (tag[0], tag[-1], len(tag)) == ('"', '"', 66)


def test_a_client_reads_the_published_contract(front: Path) -> None:
    operations = client(Published(front, ADDRESS)).service._operations
    assert list(operations) == ["ReadMeter"]
