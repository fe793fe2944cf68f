"""What a browser, a probe or a WSDL importer gets: everything that is not a SOAP call."""

import gzip
import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape

from jmswrap.accept.hosting import Hosting
from jmswrap.contract.publish import Document
from jmswrap.soap.faults import Answer, Headers

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
_SECURITY: Headers = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem; padding: 0 1rem; color: #222 }}
h1 {{ font-size: 1.4rem }} table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #ddd; vertical-align: top }}
code {{ font-size: .9em }}
</style></head><body><h1>{title}</h1>
{content}
</body></html>
"""


def index(hosting: Hosting, operations: dict[str, Sequence[str]]) -> Answer:
    """Return the page that lists the services."""
    rows = "\n".join(_row(name, operations[name]) for name in hosting.services)
    table = f"<table><tr><th>Service</th><th>Operations</th><th>Contract</th></tr>\n{rows}</table>"
    return _html(f"Services of {hosting.integration}", table if rows else "<p>There is no service yet.</p>")


def service(name: str, operations: Sequence[str]) -> Answer:
    """Return the page of one service."""
    listed = "".join(f"<li>{escape(operation)}</li>" for operation in operations)
    contract = f'<p>Its contract is <a href="?wsdl">here</a>. Calls are POSTs to this address.</p><ul>{listed}</ul>'
    return _html(name, contract)


def document(found: Document, if_none_match: str, zipped: bool = False) -> Answer:
    """Return a contract file, or 304 when the client has it already, in either coding."""
    # Two codings are two representations, and a strong validator tells them apart (RFC 9110 §8.8.3).
    etag = f'{found.etag[:-1]}-gzip"' if zipped else found.etag
    validators: Headers = (
        (b"etag", etag.encode()),
        (b"cache-control", b"no-cache"),
        (b"vary", b"accept-encoding"),
    )
    if _matches(if_none_match, etag):
        return Answer(304, found.media_type, b"", validators)
    if zipped:
        return Answer(200, found.media_type, _zipped(found.content), (*validators, (b"content-encoding", b"gzip")))
    return Answer(200, found.media_type, found.content, validators)


def takes_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding takes gzip (RFC 9110 §12.5.3)."""
    weights = {}
    for item in accept_encoding.lower().split(","):
        coding, _, parameter = item.partition(";")
        name, _, value = parameter.strip().partition("=")
        weights[coding.strip()] = _weight(value) if name.strip() == "q" else 1.0
    return weights.get("gzip", weights.get("x-gzip", weights.get("*", 0.0))) > 0


def _weight(text: str) -> float:
    # What is no weight takes nothing: plain is always right.
    return float(text) if re.fullmatch(r"\s*[01](\.\d{0,3})?\s*", text) else 0.0


@lru_cache(maxsize=64)
def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def text(status: int, sentence: str, headers: Headers = ()) -> Answer:
    """Return a plain sentence."""
    return Answer(status, TEXT, f"{sentence}\n".encode(), headers)


def _matches(if_none_match: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or "*" in tags


def _row(name: str, operations: Sequence[str]) -> str:
    link = f"/services/{escape(name)}"
    listed = "<br>".join(escape(operation) for operation in operations)
    return (
        f'<tr><td><a href="{link}">{escape(name)}</a></td><td>{listed}</td>'
        f'<td><a href="{link}?wsdl"><code>?wsdl</code></a></td></tr>'
    )


def _html(title: str, content: str) -> Answer:
    return Answer(200, HTML, _PAGE.format(title=escape(title), content=content).encode(), _SECURITY)
