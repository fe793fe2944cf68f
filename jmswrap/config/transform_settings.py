"""The settings of transforms: what stylesheets stand on."""

from pydantic import Field

from jmswrap.config.basis import Settings


class System(Settings):
    """An application as stylesheets name it (`aia:getSystemType`, `aia:getEBMHeaderSenderSystemNode`)."""

    type: str = Field("", description="Its kind, `CCB` for instance.")
    description: str = Field("", description="What it is.")
    ip_address: str = Field("", description="Its address.")
    application: str = Field("", description="The application's id.")
    application_version: str = Field("", description="The application's version.")
    contact_name: str = Field("", description="Who answers for it.")
    contact_email: str = Field("", description="That person's mail address.")
    contact_phone: str = Field("", description="That person's telephone number.")


class CrossReferences(Settings):
    """Which ids in other systems stand for one thing: Oracle's XREF, in a database of its own."""

    tables: tuple[str, ...] = Field((), description="The `.xref` files that declare the tables.")
    url: str = Field(
        "",
        description="Empty: SQLite, `crossref.sqlite` in the store's data folder. sqlite:///FILE. postgresql://HOST/DB "
        "(its password: PGPASSFILE).",
    )


class Transforms(Settings):
    """What stylesheets stand on: value maps, properties, systems."""

    seconds: float = Field(
        10,
        ge=0,
        le=3600,
        description="How much processor time one transform may take. What takes more is DEAD, and its process is "
        "replaced, because nothing else ends a transform. 0: no limit.",
    )
    metadata: str = Field("", description="The folder that `oramds:/` addresses begin at; empty: this folder.")
    properties: tuple[str, ...] = Field(
        (),
        description="Configuration files in Oracle's form (`ConfigurationProperties.xml`), for the `aia:` functions "
        "and `DVM.NAME.ThrowException`; a later one wins.",
    )
    preferences: dict[str, str] = Field(default_factory=dict, description="What `ora:getPreference` answers, by name.")
    systems: dict[str, System] = Field(default_factory=dict, description="The applications, by system id.")
