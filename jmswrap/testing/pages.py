"""What a simulated partner shows to who only looks: its contract at ``?wsdl``, and what it takes."""

from collections.abc import Sequence
from pathlib import Path

from jmswrap.contract.publish import Published, wanted_file
from jmswrap.testing.http import Answer

_TEXT = {"Content-Type": "text/plain; charset=utf-8"}


class Pages:
    """The answers to GET; the contract is made ready when it is first asked for."""

    def __init__(self, wsdl: Path, operations: Sequence[str]) -> None:
        self._wsdl = wsdl
        self._operations = operations
        self._published: tuple[str, Published] | None = None

    def answer(self, target: str, address: str) -> Answer:
        """Answer a GET; the contract says that the partner is called at ``address``."""
        wanted = wanted_file(target.partition("?")[2].encode("latin-1"))
        if wanted is None:
            said = f"A simulated partner. It takes: {', '.join(self._operations)}\nIts contract is at ?wsdl.\n"
            return Answer(200, said.encode(), _TEXT)
        published = self._at(address)
        found = published.wsdl() if wanted == "wsdl" else published.file(wanted.removeprefix("xsd="))
        if found is None:
            return Answer(404, b"The contract has no such file; ?wsdl names those it has.\n", _TEXT)
        return Answer(200, found.content, {"Content-Type": found.media_type, "ETag": found.etag})

    def _at(self, address: str) -> Published:
        if self._published is None or self._published[0] != address:
            self._published = (address, Published(self._wsdl, address))
        return self._published[1]
