"""From when on something is a person's business."""

from pydantic import Field

from jmswrap.config.basis import Settings


class Health(Settings):
    """What `jmswrap health` warns about, and how often the log repeats what lasts."""

    oldest_seconds: float = Field(900, ge=0, description="A warning when a message has waited so long; 0: never.")
    oldest_critical_seconds: float = Field(14_400, ge=0, description="Critical when it has waited so long; 0: never.")
    dead: int = Field(1, ge=0, description="A warning at so many DEAD messages of a queue; 0: never.")
    in_doubt: int = Field(1, ge=0, description="A warning at so many messages IN_DOUBT of a queue; 0: never.")
    history_seconds: float = Field(
        3_600, ge=0, description="A warning when settled messages have waited so long for the history; 0: never."
    )
    backup_hours: float = Field(0, ge=0, description="A warning when the last backup is older; 0: never.")
    repeat_seconds: float = Field(60, ge=1, description="How often the log repeats that the store takes no messages.")
