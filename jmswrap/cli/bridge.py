"""``jmswrap bridge``: the bridges to JMS brokers, for one of several machines."""

import os
from pathlib import Path

import click

from jmswrap import log
from jmswrap.app import lifeline
from jmswrap.bridge import process
from jmswrap.cli import options


@click.command()
@options.config
def bridge(file: Path) -> None:
    """Carry messages between queues and JMS brokers, as `bridges` says.

    `jmswrap up` runs one where bridges are configured. Needs the store and `jmswrap[stomp]`. A broker that
    is away is tried again after 0.5 to 30 s; `jmswrap health` tells. Stop it with Ctrl-C or SIGTERM.
    """
    log.to_stderr()
    lifeline.attach(os.environ)
    raise click.exceptions.Exit(process.bridge(file))
