"""A zeep transport that reads published documents from memory, and nothing else."""

from urllib.parse import parse_qs, urlsplit

import zeep

from jmswrap.contract.publish import Published

ADDRESS = "https://gateway.example/services/Front"


class PublishedTransport(zeep.Transport):
    """What a client sees that imports ``ADDRESS?wsdl``."""

    def __init__(self, published: Published) -> None:
        super().__init__()
        self.published = published

    def load(self, url: str) -> bytes:
        parts = urlsplit(url)
        assert url.startswith(ADDRESS), f"{url} is not published"
        if parts.query == "wsdl":
            return self.published.wsdl().content
        found = self.published.file(parse_qs(parts.query)["xsd"][0])
        assert found is not None
        return found.content


def client(published: Published) -> zeep.Client:
    """Return a zeep client of a published contract."""
    transport = PublishedTransport(published)
    made = zeep.Client(f"{ADDRESS}?wsdl", transport=transport)
    transport.session.close()
    return made
