"""Schemas that everybody refers to, in equivalents that jmswrap ships.

The files stand in ``schemata/``; each was written for jmswrap and describes the same
names as the published original. Others are given by a catalogue.
"""

from importlib import resources
from pathlib import Path

from jmswrap import xml
from jmswrap.errors import ContractError

_FILES = {
    xml.XML_NAMESPACE: "xml.xsd",
    "http://www.w3.org/1999/xlink": "xlink.xsd",
    "http://www.w3.org/2000/09/xmldsig#": "xmldsig-core-schema.xsd",
    "http://www.w3.org/2004/08/xop/include": "xop-include.xsd",
    "http://www.w3.org/2005/05/xmlmime": "xmlmime.xsd",
    xml.WSA_10: "ws-addr.xsd",
    xml.SOAP_ENCODING: "soap-encoding.xsd",
    xml.SOAP_11: "soap-envelope.xsd",
}


def file_name(namespace: str) -> str:
    """Return the name of the shipped schema of a namespace; empty when there is none."""
    return _FILES.get(namespace, "")


def namespaces() -> tuple[str, ...]:
    """Return the namespaces whose schemas are shipped."""
    return tuple(_FILES)


def content(namespace: str) -> bytes:
    """Return the shipped schema of a namespace, which ``file_name`` knows."""
    return resources.files(__package__).joinpath("schemata", _FILES[namespace]).read_bytes()


def catalog(file: Path) -> dict[str, Path]:
    """Read a catalogue: an address, a tab, and the local file it stands for, on each line.

    An address that ends with a slash (``oramds:/apps/``) stands for all below it, in a folder.
    Relative files are relative to the catalogue; lines that begin with # are remarks.
    """
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{file} cannot be read as a catalogue ({error}); check the path.") from error
    found: dict[str, Path] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        address, tab, local = line.partition("\t")
        if not tab or not local.strip():
            raise ContractError(f"{file}:{number} has no tab; write an address, a tab, and a file.")
        found[address.strip()] = Path(file.parent, local.strip()).resolve()
    return found
