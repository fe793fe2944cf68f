"""Bring one document of a contract: from a local path, or from the one host it may come from.

The only module of ``contract/`` that opens a connection, and only while a contract is
pinned. A redirect is followed on allowed hosts; nothing else is ever fetched.
"""

import posixpath
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import urllib3

from jmswrap.errors import ContractError

MOST_BYTES = 64 * 1024 * 1024
"""The largest document that is read."""
_SECONDS = 30.0
_REDIRECTS = 5
_WEB = ("http", "https")


class UnreachableError(ContractError):
    """A document is not there, or may not be fetched from where it is."""


def is_address(location: str) -> bool:
    """Whether a location is an HTTP address rather than a path."""
    return urlsplit(location).scheme in _WEB


def absolute(base: str, location: str) -> str:
    """Return a location in the document ``base`` as an address or an absolute path.

    Backslashes are read as slashes: tools on Windows write them. What a document with a name of
    another scheme (``oramds:``) refers to has such a name as well: only a catalogue knows it.
    """
    location = urldefrag(location.strip().replace("\\", "/")).url
    if is_address(base):
        return urljoin(base, location)
    if urlsplit(location).scheme:
        return location
    scheme, colon, path = base.partition(":")
    if colon and urlsplit(base).scheme:
        return f"{scheme}:{posixpath.normpath(posixpath.join(posixpath.dirname(path), location))}"
    return str(Path(Path(base).parent, unquote(urlsplit(location).path)).resolve())


class Library:
    """Where the documents of one contract may come from."""

    def __init__(self, source: str, allow: tuple[str, ...] = (), catalog: Mapping[str, Path] | None = None) -> None:
        self._catalog = dict(catalog or {})
        own = (urlsplit(source).hostname,) if is_address(source) else ()
        self._hosts = frozenset(h.lower() for h in (*own, *allow) if h)
        self._pool = urllib3.PoolManager(timeout=urllib3.Timeout(total=_SECONDS), retries=False)

    def close(self) -> None:
        """Close what connections are open."""
        self._pool.clear()

    def read(self, location: str) -> bytes:
        """Return the bytes of an address or path; ``UnreachableError`` says why not."""
        listed = self._listed(location)
        if listed is not None:
            return _file(listed)
        if urlsplit(location).scheme not in ("", *_WEB):
            said = "only relative paths and http(s) addresses are followed"
            raise UnreachableError(f"{location} is not read, {said}; name a local copy in a catalogue (--catalog).")
        return self._fetched(location) if is_address(location) else _file(Path(location))

    def _listed(self, location: str) -> Path | None:
        """Return the catalogue's file for a location, or for the longest folder of it that ends with a slash."""
        if location in self._catalog:
            return self._catalog[location]
        folders = [a for a in self._catalog if a.endswith("/") and location.startswith(a)]
        found = max(folders, key=len, default="")
        rest = unquote(location[len(found) :])
        return Path(self._catalog[found], rest) if found and ".." not in rest.split("/") else None

    def _fetched(self, address: str) -> bytes:
        for _ in range(_REDIRECTS + 1):
            host = (urlsplit(address).hostname or "").lower()
            if not is_address(address) or host not in self._hosts:
                remedy = f"allow it (--allow {host}), or name a local copy in a catalogue (--catalog)"
                raise UnreachableError(f"{address} is on a host that is not asked; {remedy}.")
            redirect, content = self._get(address)
            if not redirect:
                return content
            address = urljoin(address, redirect)
        raise UnreachableError(f"{address} redirects without end; give the address it should lead to.")

    def _get(self, address: str) -> tuple[str, bytes]:
        try:
            response = self._pool.request("GET", address, redirect=False, preload_content=False)
            try:
                content = response.read(MOST_BYTES + 1, decode_content=True)
            finally:
                response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            why = str(error).partition("): ")[2] or str(error)  # the first part names the connection once more
            raise UnreachableError(f"{address} cannot be fetched ({why}); try again or give a copy.") from error
        if len(content) > MOST_BYTES:
            raise UnreachableError(f"{address} is larger than {MOST_BYTES} bytes; give a smaller copy.")
        if response.status in (301, 302, 303, 307, 308):
            return response.headers.get("Location", ""), b""
        if response.status != 200:
            raise UnreachableError(f"{address} answers with HTTP {response.status}; check the address.")
        return "", content


def _file(path: Path) -> bytes:
    if path.is_dir():
        raise UnreachableError(f"{path} is a folder; name the file in it.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreachableError(f"{path} cannot be read ({error.strerror}); check the path, or add the file.") from error
