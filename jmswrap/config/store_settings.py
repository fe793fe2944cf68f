"""The settings of the store and of the history."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from jmswrap.config.basis import Settings

KeyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,31}$")]
"""The name of an encryption key."""


class Durability(StrEnum):
    """Who answers for the store keeping what it was given."""

    CHECKED = "checked"
    VOUCHED = "vouched"


class EncryptionKey(Settings):
    """A key of the bodies at rest."""

    id: KeyName = Field(description="Its name, which stands before what it seals; a new secret gets a new name.")
    secret: str = Field(description="Where its secret is, of 32 bytes or more: `env:NAME` or `file:PATH`.")


class Encryption(Settings):
    """Bodies, answers and kept replies are stored encrypted (AES-256-GCM)."""

    keys: tuple[EncryptionKey, ...] = Field((), description="The first one encrypts, all decrypt; empty: plain.")


class Store(Settings):
    """The Redis or Valkey server that holds the messages."""

    url: str = Field(
        "",
        description="redis://, rediss:// or unix:// address, or sentinel://HOST:PORT,HOST:PORT/NAME; "
        "empty: an embedded, supervised server.",
    )
    password: str = Field("", description="Where the server's password is: `env:NAME` or `file:PATH`.")
    sentinel_password: str = Field("", description="Where the sentinels' password is, when they have one of their own.")
    server: str = Field("", description="Program of the embedded server; empty: the packaged one, else on the PATH.")
    data: str = Field("data", description="Folder of the embedded store, relative to this file.")
    prefix: str = Field("", description="First part of every key; empty: the integration's name.")
    durability: Durability = Field(
        Durability.CHECKED, description="`vouched`: a person answers for persistence on a server that forbids CONFIG."
    )
    replicas: int = Field(0, ge=0, description="Replicas that must have a write before a receipt is given (WAIT).")
    lease_seconds: float = Field(30, ge=1, description="How long a worker may hold a message without renewing.")
    encryption: Encryption = Field(Encryption.model_validate({}), description="Encryption of bodies at rest.")
    retention_seconds: float = Field(86_400, ge=0, description="Without a history: how long settled messages stay.")
    duplicate_window_seconds: float = Field(604_800, ge=0, description="How long a message id is remembered.")


class History(Settings):
    """The database that settled messages leave for."""

    url: str = Field(
        "",
        description="Empty: SQLite, `history.sqlite` in the store's data folder. sqlite:///FILE. postgresql://HOST/DB "
        "(its password: PGPASSFILE). `none`: settled messages are dropped.",
    )
    after_seconds: float = Field(60, ge=0, description="How long settled messages stay in the store before they leave.")
    bodies: bool = Field(True, description="Bodies are kept, too.")
    retention_days: float = Field(0, ge=0, description="How long the history keeps a message; 0: for ever.")
