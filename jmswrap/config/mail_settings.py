"""Where mail about errors goes, and which errors are worth one."""

from enum import StrEnum

from pydantic import Field

from jmswrap.config.basis import Settings


class MailTls(StrEnum):
    """How the connection to a mail server is kept private."""

    NONE = "none"
    STARTTLS = "starttls"
    IMMEDIATE = "immediate"


class Mail(Settings):
    """Mail about messages that need a person; none is sent as long as `host` is empty."""

    host: str = Field("", description="The SMTP server; empty: no mail is sent.")
    port: int = Field(25, ge=1, le=65_535, description="Its port; 587 is usual with `starttls`, 465 with `immediate`.")
    tls: MailTls = Field(
        MailTls.NONE, description="`none`, `starttls` (refused when the server has none) or `immediate`."
    )
    ca: str = Field("", description="The authority of the server's certificate, a PEM file; empty: the system's.")
    username: str = Field("", description="The user's name; empty: no login.")
    password: str = Field("", description="Where the password is: `env:NAME` or `file:PATH`.")
    sender: str = Field("", description="The address that mail comes from.")
    recipients: tuple[str, ...] = Field(
        (), description="Who gets it; empty: the property `ErrorHandling.GenericEmailID` of `transforms.properties`."
    )
    business_errors: bool = Field(
        False,
        description="Mail when a partner or a value map refuses a message of any route; the property "
        "`BusinessError.NotificationFlag` of a service named like a route says so of that route.",
    )
    technical_errors: bool = Field(
        False,
        description="Mail when a message of any route is DEAD otherwise, or IN_DOUBT; "
        "`TechnicalError.NotificationFlag` says so of one route.",
    )
    every_seconds: float = Field(
        60, ge=0, description="The least time between two mails; what comes meanwhile shares one."
    )
    timeout_seconds: float = Field(10, gt=0, le=300, description="How long the server may take for each step.")
