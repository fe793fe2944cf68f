"""The settings of how a partner is told who calls: credentials, signatures, TLS.

Secrets stand here by reference only, ``env:NAME`` or ``file:PATH``.
"""

from enum import StrEnum

from pydantic import Field

from jmswrap.config.basis import Settings, TlsVersion

_REFERENCE = "`env:NAME` or `file:PATH`"


class Basic(Settings):
    """HTTP Basic authentication."""

    username: str = Field(min_length=1, description="The user's name.")
    password: str = Field(description=f"Where the password is: {_REFERENCE}.")


class UsernameToken(Settings):
    """A WS-Security UsernameToken, new for each attempt."""

    username: str = Field(min_length=1, description="The user's name.")
    password: str = Field(description=f"Where the password is: {_REFERENCE}.")
    digest: bool = Field(False, description="Send a digest of the password, nonce and time instead of the password.")


class Timestamp(Settings):
    """A WS-Security Timestamp, new for each attempt."""

    lifetime_seconds: float = Field(300, gt=0, le=86_400, description="From its Created to its Expires.")


class Algorithm(StrEnum):
    """How a signature is made."""

    RSA_SHA256 = "rsa-sha256"
    RSA_SHA512 = "rsa-sha512"
    RSA_SHA1 = "rsa-sha1"
    ECDSA_SHA256 = "ecdsa-sha256"


class KeyReference(StrEnum):
    """How a signature says which certificate it was made with."""

    CERTIFICATE = "certificate"
    ISSUER_SERIAL = "issuer-serial"


class Signature(Settings):
    """An X.509 signature over the Body and the Timestamp (needs `jmswrap[signature]`)."""

    key: str = Field(min_length=1, description="The private key, a PEM file.")
    key_password: str = Field("", description=f"Where the key's password is: {_REFERENCE}.")
    certificate: str = Field(min_length=1, description="Its certificate, a PEM file.")
    algorithm: Algorithm = Field(Algorithm.RSA_SHA256, description="How the signature is made.")
    reference: KeyReference = Field(
        KeyReference.CERTIFICATE,
        description="How it names its certificate: `certificate` sends it along, `issuer-serial` only names it.",
    )
    verify: str = Field("", description="The partner's certificate, a PEM file: replies must be signed with its key.")


class SendsClient(StrEnum):
    """Where the token endpoint expects the client's id and secret."""

    BASIC = "basic"
    BODY = "body"


class OAuth(Settings):
    """OAuth 2 client credentials: a bearer token, cached by each process."""

    token_url: str = Field(description="The token endpoint's address.")
    client_id: str = Field(min_length=1, description="The client's id.")
    client_secret: str = Field(description=f"Where the client's secret is: {_REFERENCE}.")
    scope: str = Field("", description="The scopes to ask for, separated by spaces.")
    audience: str = Field("", description="The audience to ask for, where the endpoint wants one.")
    sends: SendsClient = Field(SendsClient.BASIC, description="How the client's id and secret are sent.")
    margin_seconds: float = Field(30, ge=0, description="A token is renewed so long before it expires.")


class Security(Settings):
    """What a partner wants to see with each call."""

    basic: Basic | None = Field(None, description="HTTP Basic authentication.")
    oauth: OAuth | None = Field(None, description="OAuth 2 client credentials.")
    username_token: UsernameToken | None = Field(None, description="A WS-Security UsernameToken.")
    timestamp: Timestamp | None = Field(None, description="A WS-Security Timestamp; `{}` for one with the defaults.")
    signature: Signature | None = Field(None, description="A WS-Security signature.")
    must_understand: bool = Field(True, description="Mark the WS-Security header with mustUnderstand.")


class Tls(Settings):
    """TLS with a partner; its certificate and name are always verified."""

    ca: str = Field("", description="The authorities to trust, a PEM file; empty: the system's.")
    certificate: str = Field("", description="The client certificate, with its chain, a PEM file.")
    key: str = Field("", description="The private key of the certificate, a PEM file.")
    key_password: str = Field("", description=f"Where the key's password is: {_REFERENCE}.")
    minimum_version: TlsVersion = Field(TlsVersion.TLS_1_2, description="The least version that is spoken.")
