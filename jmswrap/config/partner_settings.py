"""The settings of a partner: how it is called, and when."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from jmswrap.config.basis import Settings
from jmswrap.config.security_settings import Security, Tls


class Timeouts(Settings):
    """How long a call to a partner may take; there is no 'for ever'."""

    connect_seconds: float = Field(5, gt=0, description="Until the connection stands.")
    read_seconds: float = Field(60, gt=0, description="Between two pieces of the answer.")
    total_seconds: float = Field(90, gt=0, description="The whole call.")


class Day(StrEnum):
    """A day of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Hours and minutes, ``02:00``."""


class Window(Settings):
    """A time, week by week, in which a partner is not called."""

    days: tuple[Day, ...] = Field((), description="The days on which it begins; empty: all.")
    start: TimeOfDay = Field(alias="from", description='When it begins, "02:00" (in quotes).')
    end: TimeOfDay = Field(alias="to", description="When it ends; not later than `from`: on the next day.")
    timezone: str = Field("UTC", description="Whose clock counts, like Europe/Berlin.")


class Addressing(StrEnum):
    """Which WS-Addressing a partner is called with."""

    CONTRACT = "contract"
    WSA_10 = "1.0"
    WSA_0408 = "2004/08"


class Partner(Settings):
    """An application whose web service is called."""

    wsdl: str = Field(description="Its pinned contract, a file in this folder.")
    service: str = Field("", description="The WSDL service, when the file has several.")
    port: str = Field("", description="The WSDL port, when the service has several.")
    address: str = Field("", description="Endpoint address; empty: the one in its WSDL.")
    concurrency: int = Field(16, ge=1, le=1000, description="Calls under way at once, over all workers.")
    rate_per_second: float = Field(0, ge=0, description="Calls begun a second over all workers; 0: no limit.")
    timeouts: Timeouts = Field(Timeouts.model_validate({}), description="Time limits of a call.")
    keepalive_idle_seconds: float = Field(4, gt=0, description="A pooled connection idle for longer is not used again.")
    max_reply_bytes: int = Field(16_777_216, ge=1024, description="Largest reply that is read.")
    maintenance: tuple[Window, ...] = Field((), description="Times in which it is not called; messages wait.")
    breaker_failures: int = Field(10, ge=0, description="Failed calls in a row that open the breaker; 0: no breaker.")
    breaker_seconds: float = Field(5, gt=0, description="How long an open breaker holds calls before one tries again.")
    security: Security = Field(Security.model_validate({}), description="How it is told who calls.")
    tls: Tls = Field(Tls.model_validate({}), description="TLS with it.")
    addressing: Addressing = Field(
        Addressing.CONTRACT,
        description="WS-Addressing in calls to it: `1.0` or `2004/08`, with the same MessageID for every delivery of a "
        "message; `contract`: if its WSDL says so, then with another each time.",
    )
    http_headers: dict[str, str] = Field(
        default_factory=dict, description="HTTP headers of every call: text, `env:NAME`, `file:PATH`; empty: not sent."
    )
    soap_headers: tuple[str, ...] = Field((), description="SOAP header blocks of every call, XML files in this folder.")
    mtom: bool = Field(False, description="Send base64Binary elements as MTOM/XOP parts.")
    mtom_over_bytes: int = Field(1024, ge=0, description="With `mtom`: only those with more bytes than this.")
