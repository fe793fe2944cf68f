"""Options that several verbs share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from jmswrap.app.integration import DEFAULT_FILE
from jmswrap.app.overrides import CONFIG_VARIABLE

F = TypeVar("F", bound=Callable[..., Any])


def config(function: F) -> F:
    """Add ``-c``; the verb gets ``file``, a path."""
    return click.option(
        "-c",
        "--config",
        "file",
        type=click.Path(path_type=Path),
        envvar=CONFIG_VARIABLE,
        default=DEFAULT_FILE,
        show_default=True,
        show_envvar=True,
        help="The integration's jmswrap.yaml, or its folder.",
    )(function)


def as_json(function: F) -> F:
    """Add ``--json``; the verb gets ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print data as JSON instead of a table.")(function)


def output(otherwise: str) -> Callable[[F], F]:
    """Add ``-o``; the verb gets ``folder``, a path or None. ``otherwise`` says what it is named without ``--name``."""
    return click.option(
        "-o",
        "--output",
        "folder",
        type=click.Path(path_type=Path),
        help=f"Folder to make; default: named as --name says, else {otherwise}.",
    )


def properties(function: F) -> F:
    """Add ``-p``; the verb gets ``properties``, of which ``pairs`` makes a dictionary."""
    return click.option(
        "-p", "--property", "properties", multiple=True, metavar="NAME=VALUE", help="An application property."
    )(function)


def allow(function: F) -> F:
    """Add ``--allow``; the verb gets ``allow``, hosts."""
    return click.option("--allow", multiple=True, metavar="HOST", help="Also read imports from this host.")(function)


def imports(function: F) -> F:
    """Add ``--allow`` and ``--catalog``, where imports come from; the verb gets ``allow`` and ``catalog_file``."""
    catalog = click.option(
        "--catalog",
        "catalog_file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Local copies of what imports name: on each line an address, a tab, and a file, or a folder for ADDRESS/.",
    )
    return allow(catalog(function))


def pairs(given: tuple[str, ...]) -> dict[str, str]:
    """Return what options of the form NAME=VALUE say; wrong usage when one is of another form."""
    for item in given:
        if not item.partition("=")[0] or "=" not in item:
            raise click.BadParameter(f"`{item}` is not of the form NAME=VALUE", click.get_current_context())
    return dict(item.partition("=")[::2] for item in given)
