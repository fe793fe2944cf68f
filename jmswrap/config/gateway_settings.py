"""The settings of the gateway: where it listens, TLS, who may call what."""

from enum import StrEnum

from pydantic import Field

from jmswrap.config.basis import Settings, TlsVersion


class ClientCertificates(StrEnum):
    """What the gateway wants of its callers' certificates."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Tls(Settings):
    """TLS at the gateway."""

    certificate: str = Field("", description="Its certificate and the chain above it, a PEM file; empty: no TLS.")
    key: str = Field("", description="The private key of the certificate, a PEM file that only this user may read.")
    key_password: str = Field("", description="`env:NAME` or `file:PATH` of the key's password, if it has one.")
    client_ca: str = Field("", description="PEM file of the authorities that issue the callers' certificates.")
    client_certificates: ClientCertificates = Field(
        ClientCertificates.NONE,
        description="`required`: no connection without one; `optional`: who sends none may show who it is otherwise.",
    )
    minimum_version: TlsVersion = Field(TlsVersion.TLS_1_2, description="The least version of TLS that is spoken.")


class Way(StrEnum):
    """A way in which a caller shows who it is."""

    BASIC = "basic"
    TEXT = "password_text"
    DIGEST = "password_digest"
    CERTIFICATE = "certificate"


class Pages(StrEnum):
    """What is shown to who did not say who it is."""

    ALL = "all"
    PROBES = "probes"
    NONE = "none"


class Security(Settings):
    """Who may call, and how a caller shows who it is."""

    accept: tuple[Way, ...] = Field(
        (),
        description="How callers show who they are: HTTP Basic, a WS-Security UsernameToken with its password as text "
        "or as digest, a client certificate. One of them is enough. Empty: whoever reaches the port may call.",
    )
    tls_by_proxy: bool = Field(
        False, description="A proxy in front speaks TLS with the callers, so passwords may come in clear from it."
    )
    open_pages: Pages = Field(
        Pages.ALL, description="Shown to everybody: contracts and probes (`all`), /health and /ready (`probes`)."
    )
    timestamp_required: bool = Field(False, description="A WS-Security header must have a Timestamp.")
    window_seconds: float = Field(
        300, gt=0, le=3600, description="How old a WS-Security Created may be; so long a nonce is remembered."
    )
    skew_seconds: float = Field(60, ge=0, le=600, description="How far the callers' clocks may differ from ours.")


EVERYBODY = "*"
"""In ``messages_of``: all clients, and who sent messages while nobody was asked."""


class Client(Settings):
    """A caller."""

    username: str = Field("", description="The user name it sends; empty: the name of this section.")
    password: str = Field(
        "",
        description="`env:NAME` or `file:PATH` of its password or of a hash of it, or the hash itself "
        "(`jmswrap hash-password`).",
    )
    next_password: str = Field("", description="A second password that is taken as well, while it is changed.")
    certificates: tuple[str, ...] = Field(
        (),
        description="Its certificates: the SHA-256 fingerprint as `sha256:…`, or the subject as `CN=ccb,O=Utility`.",
    )
    operations: tuple[str, ...] = Field(
        min_length=1, description="What it may call: `service.operation`, `service.*`, or `*` for everything."
    )
    messages_of: tuple[str, ...] = Field(
        (),
        description="Other clients whose messages it may ask about as if they were its own, by name; `*`: everybody's.",
    )


class Gateway(Settings):
    """The SOAP front door."""

    public_url: str = Field("", description="Address that published WSDLs name; empty: http(s)://HOST:PORT.")
    host: str = Field("127.0.0.1", description="Interface to listen on; anything but loopback needs authentication.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    processes: int = Field(1, ge=1, le=64, description="Gateway processes.")
    max_body_bytes: int = Field(16_777_216, ge=1024, description="Largest request body, bytes, after decompression.")
    body_seconds: float = Field(30, gt=0, description="A request body must have arrived after this many seconds.")
    tls: Tls = Field(Tls.model_validate({}), description="TLS at the gateway.")
    security: Security = Field(Security.model_validate({}), description="Who may call.")
