"""``jmswrap health``: is there anything to look at? For people, cron and monitoring tools."""

from pathlib import Path

import click

from jmswrap.app.health import examine
from jmswrap.app.integration import load
from jmswrap.cli import options, render
from jmswrap.errors import ConfigError
from jmswrap.inspect.health import Finding, Level, level

_BROKEN = "The files cannot be used; processes that run go on with what they had, and none can start"


@click.command()
@options.config
@options.as_json
def health(file: Path, as_json: bool) -> None:
    """Say what needs a person: exit status 0 nothing, 1 something, 2 something that cannot wait.

    Looks at the store, the age of the oldest message, what is DEAD and IN_DOUBT, pauses, open
    breakers, elements in replies that no contract has (unknown-element), bridges, full queues, the
    history's backlog and the last backup, by the thresholds under `health` in jmswrap.yaml.
    """
    try:
        found = examine(load(file))
    except ConfigError as error:
        first, *others = str(error).splitlines()
        more = f" (and {len(others)} more: see `jmswrap check`)" if others else ""
        found = [Finding(Level.WARNING, "configuration", f"{_BROKEN}: {first}{more}")]
    worst = level(found)
    if as_json:
        causes = [{"level": one.level.name, "what": one.what, "sentence": one.sentence} for one in found]
        render.as_json({"level": worst.name, "causes": causes})
    else:
        render.sentence(f"{worst.name}: {found[0].sentence}" if found else f"{worst.name}: nothing needs a person")
        for one in found[1:]:
            render.sentence(f"{one.level.name}: {one.sentence}")
    raise click.exceptions.Exit(int(worst))
