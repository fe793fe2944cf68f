"""Every WSDL of the interoperability kit: document/literal wraps and works, the rest says why not."""

import csv
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from published_transport import ADDRESS, client

from jmswrap.contract.publish import Published
from jmswrap.contract.reading import read
from jmswrap.contract.sample import Sampler
from jmswrap.contract.schemas import Schemas
from jmswrap.contract.wellknown import catalog
from jmswrap.contract.wrap import wrap
from jmswrap.errors import ContractError

pytestmark = pytest.mark.kit


def kit() -> Path | None:
    """Return the kit's folder of WSDLs, where it lies beside the checkout."""
    beside = (parent / "shared" / "kit" / "wsdls" for parent in Path(__file__).resolve().parents)
    return next((folder.resolve() for folder in beside if (folder / "INDEX.tsv").exists()), None)


def rows() -> list[dict[str, str]]:
    folder = kit()
    if folder is None:
        return []
    with (folder / "INDEX.tsv").open() as index:
        return list(csv.DictReader(index, delimiter="\t"))


@pytest.fixture(scope="module")
def outcomes() -> Iterator[list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    yield told
    print("\n" + "\n".join(f"{wsdl:<75} {outcome}" for wsdl, outcome in told))


@pytest.mark.skipif(kit() is None, reason="the interoperability kit is not beside the checkout")
@pytest.mark.parametrize("row", rows(), ids=lambda row: row["wsdl"])
def test_a_wsdl_of_the_kit_wraps_and_its_front_works_or_it_says_why_not(
    row: dict[str, str], tmp_path: Path, outcomes: list[tuple[str, str]]
) -> None:
    folder = kit()
    assert folder is not None
    source = folder / row["wsdl"]
    known = catalog(folder / "_wellknown" / "catalog.tsv")
    try:
        made = wrap(str(source), tmp_path / "front", catalog=known)
    except ContractError as error:
        refusal = str(error)
        outcomes.append((row["wsdl"], f"refused: {refusal.removeprefix(f'{source.parent}/')}"))
        assert not any(p.usable for p in read(source).ports)
        assert refusal.startswith(f"{source}:")
        return
    replies = {o.reply_element for p in read(source).ports for o in p.usable if o.reply_element}
    outcomes.append((row["wsdl"], front_outcome(made.folder, made.name, made.operations, replies)))


def front_outcome(folder: Path, name: str, operations: tuple[str, ...], replies: set[str]) -> str:
    front = folder / "wsdl" / f"{name}.wsdl"
    port, schemas = read(front).port(), Schemas.of(front)
    assert tuple(port.operations) == operations
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert set(client(Published(front, ADDRESS)).service._operations) == set(operations)
    sampler = Sampler(front, schemas)
    for operation in port.usable:
        schemas.validate(sampler.sample(operation.element, seed=3), operation.element)
        assert all(schemas.describes(header) for header in operation.headers)
    for reply in replies:
        sampler.sample(reply, seed=3)
    return f"{len(operations)} operations"
