"""What the tests of shipped integrations share."""

from pathlib import Path

import pytest
from lxml import etree

CCB_MDM = Path(__file__).parents[3] / "jmswrap" / "integrations" / "ccb_mdm"


@pytest.fixture(scope="session")
def schemas() -> dict[str, list[etree.XMLSchema]]:
    """The schemas of the CCB-MDM contracts by the root elements that they declare."""
    found: dict[str, list[etree.XMLSchema]] = {}
    for path in sorted((CCB_MDM / "wsdl").glob("*/*.xsd")):
        tree = etree.parse(path)
        namespace = tree.getroot().get("targetNamespace")
        for element in tree.getroot().iterfind("{*}element"):
            found.setdefault(f"{{{namespace}}}{element.get('name')}", []).append(etree.XMLSchema(tree))
    return found
