"""Gateways that ask who calls: certificates, clients, WS-Security headers as tests need them."""

import base64
import hashlib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme
from door import SETTINGS

from jmswrap.config.passwords import hashed

WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
SECRETS = {"DOOR_CCB": "open sesame", "DOOR_NEXT": "open barley", "DOOR_MDM": "Zählerstände"}
HASHED = "only its hash is known"
CLIENTS = f"""
clients:
  ccb: {{password: "env:DOOR_CCB", next_password: "env:DOOR_NEXT", operations: ["Orders.*"]}}
  mdm: {{password: "env:DOOR_MDM", operations: [Orders.Place]}}
  meters: {{username: head.end, password: "{hashed(HASHED.encode())}", operations: ["*"]}}
  shop: {{certificates: ["CN=shop, OU=Till, O=Shop"], operations: ["Orders.Tell"]}}
"""
DIGEST_CLIENTS = """
clients:
  ccb: {password: "env:DOOR_CCB", operations: ["*"]}
"""


@dataclass(frozen=True, slots=True)
class Papers:
    """An authority, and files of what it issued."""

    folder: Path
    authority: trustme.CA

    @classmethod
    def issued(cls, folder: Path) -> "Papers":
        made = cls(folder, trustme.CA())
        made.authority.cert_pem.write_to_path(folder / "ca.pem")
        server = made.authority.issue_cert("127.0.0.1", "localhost")
        server.private_key_pem.write_to_path(folder / "server.key")
        for number, pem in enumerate(server.cert_chain_pems):
            pem.write_to_path(folder / "server.pem", append=number > 0)
        return made

    def client(self, name: str = "", organization: str = "", authority: trustme.CA | None = None) -> ssl.SSLContext:
        """Return how a client speaks TLS; with a certificate of that name, if one is given."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if name:
            issuer = authority or self.authority
            issued = issuer.issue_cert(common_name=name, organization_name=organization, organization_unit_name="Till")
            issued.configure_cert(context)
        return context

    def gateway(self, further: str = "") -> str:
        """Return the settings of a gateway that takes every way that needs TLS."""
        files = f"certificate: {self.folder}/server.pem, key: {self.folder}/server.key, client_ca: {self.folder}/ca.pem"
        ways = "accept: [basic, password_text, certificate]"
        return f"{{tls: {{{files}, client_certificates: optional}}, security: {{{ways}{further}}}}}"


def settings(clients: str) -> str:
    return SETTINGS + clients


def basic(username: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()}


def instant(seconds: float = 0) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def security(inside: str, attributes: str = ' s:mustUnderstand="1"') -> str:
    return f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}"{attributes}>{inside}</w:Security>'


def text_token(username: str, password: str) -> str:
    return f"<w:UsernameToken><w:Username>{username}</w:Username><w:Password>{password}</w:Password></w:UsernameToken>"


def digest_token(username: str, password: str, nonce: bytes, created: str) -> str:
    made = base64.b64encode(hashlib.sha1(nonce + created.encode() + password.encode()).digest()).decode()
    parts: Mapping[str, str] = {
        "w:Username": username,
        f'w:Password Type="{DIGEST}"': made,
        "w:Nonce": base64.b64encode(nonce).decode(),
        "u:Created": created,
    }
    inside = "".join(f"<{name}>{value}</{name.split()[0]}>" for name, value in parts.items())
    return f"<w:UsernameToken>{inside}</w:UsernameToken>"


def timestamp(created: str, expires: str = "") -> str:
    ends = f"<u:Expires>{expires}</u:Expires>" if expires else ""
    return f"<u:Timestamp><u:Created>{created}</u:Created>{ends}</u:Timestamp>"
