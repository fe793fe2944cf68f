"""``jmswrap hash-password``: what may stand in jmswrap.yaml instead of a caller's password."""

import sys

import click

from jmswrap.config import passwords
from jmswrap.errors import ConfigError


@click.command("hash-password")
def hash_password() -> None:
    """Print the hash of a password, for `clients.NAME.password`.

    Asks for it on the terminal, or reads one line from standard input.
    """
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if sys.stdin.isatty() else _line()
    if not password or len(password.encode()) > passwords.LONGEST:
        raise ConfigError(f"A password has 1 to {passwords.LONGEST} bytes: give another.")
    click.echo(passwords.hashed(password.encode()))


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")
