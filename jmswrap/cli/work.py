"""``jmswrap work``: a worker, for one of several machines."""

import os
from pathlib import Path

import click

from jmswrap import log
from jmswrap.app import lifeline
from jmswrap.app.integration import file_of
from jmswrap.cli import options
from jmswrap.worker import process


@click.command()
@options.config
@click.option("--burst", is_flag=True, help="End as soon as nothing waits.")
def work(file: Path, burst: bool) -> None:
    """Run a worker: it delivers what the queues hold.

    An RQ worker tuned for long drains; `JMSWRAP_CONFIG=FILE rq worker -c jmswrap.rq` does the
    same with RQ's own command. Needs the store (`store.url`). Stop it with Ctrl-C or
    SIGTERM: calls under way end first.
    """
    log.to_stderr()
    lifeline.attach(os.environ)
    raise click.exceptions.Exit(process.work(file_of(file), burst))
