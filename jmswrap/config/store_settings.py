"""The settings of the store and of the history."""

from enum import StrEnum

from pydantic import Field

from jmswrap.config.basis import Settings


class Durability(StrEnum):
    """Who answers for the store keeping what it was given."""

    CHECKED = "checked"
    VOUCHED = "vouched"


class Store(Settings):
    """The Redis or Valkey server that holds the messages."""

    url: str = Field(
        "",
        description="redis://, rediss:// or unix:// address, or sentinel://HOST:PORT,HOST:PORT/NAME; "
        "empty: an embedded, supervised server.",
    )
    server: str = Field("", description="Program of the embedded server; empty: the packaged one, else on the PATH.")
    data: str = Field("data", description="Folder of the embedded store, relative to this file.")
    prefix: str = Field("", description="First part of every key; empty: the integration's name.")
    durability: Durability = Field(
        Durability.CHECKED, description="`vouched`: a person answers for persistence on a server that forbids CONFIG."
    )
    replicas: int = Field(0, ge=0, description="Replicas that must have a write before a receipt is given (WAIT).")
    lease_seconds: float = Field(30, ge=1, description="How long a worker may hold a message without renewing.")
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
