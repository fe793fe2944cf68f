"""``jmswrap``: the group of all verbs, and how errors reach a person.

A verb's module is imported when the verb is called: ``jmswrap check`` should not wait for
the libraries that ``jmswrap serve`` needs.
"""

import errno
import gc
import importlib
import sys
from types import ModuleType
from typing import Any, NoReturn

import click

from jmswrap import __version__
from jmswrap.cli import sections
from jmswrap.cli.steering import harmless
from jmswrap.config.suggestions import near
from jmswrap.errors import JmswrapError

VERBS = {
    "wrap": "jmswrap.cli.wrap:wrap",
    "lint": "jmswrap.cli.lint:lint",
    "drift": "jmswrap.cli.drift:drift",
    "new": "jmswrap.cli.new:new",
    "import-oracle": "jmswrap.cli.import_oracle:import_oracle",
    "check": "jmswrap.cli.check:check",
    "republish": "jmswrap.cli.republish:republish",
    "up": "jmswrap.cli.up:up",
    "serve": "jmswrap.cli.serve:serve",
    "work": "jmswrap.cli.work:work",
    "bridge": "jmswrap.cli.bridge:bridge",
    "send": "jmswrap.cli.send:send",
    "put": "jmswrap.cli.put:put",
    "get": "jmswrap.cli.get:get",
    "simulate": "jmswrap.cli.simulate:simulate",
    "health": "jmswrap.cli.health:health",
    "transform": "jmswrap.cli.transform:transform",
    "queues": "jmswrap.cli.look:queues",
    "messages": "jmswrap.cli.look:messages",
    "show": "jmswrap.cli.look:show",
    "history": "jmswrap.cli.look:history",
    "totals": "jmswrap.cli.totals:totals",
    "retry": "jmswrap.cli.moves:retry",
    "cancel": "jmswrap.cli.moves:cancel",
    "bury": "jmswrap.cli.moves:bury",
    "resolve": "jmswrap.cli.moves:resolve",
    "edit": "jmswrap.cli.rewrite:edit",
    "move": "jmswrap.cli.rewrite:move",
    "skip": "jmswrap.cli.moves:skip",
    "pause": "jmswrap.cli.moves:pause",
    "resume": "jmswrap.cli.moves:resume",
    "erase": "jmswrap.cli.erase:erase",
    "hash-password": "jmswrap.cli.hash_password:hash_password",
    "backup": "jmswrap.cli.backup:backup",
    "restore": "jmswrap.cli.backup:restore",
    "restored": "jmswrap.cli.backup:restored",
    "rekey": "jmswrap.cli.rekey:rekey",
}
"""Every verb and where it lives; jmswrap.cli.sections has their order."""

_CLOSED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Told(click.ClickException):
    """An error of ours on its way to the terminal: the sentence on standard error, exit status 1."""

    def show(self, file: Any = None) -> None:
        """Print the sentence, one line a problem."""
        for line in self.message.splitlines():
            click.echo(f"jmswrap: {harmless(line)}{'' if line.endswith(('.', '?', ':', '…')) else '.'}", err=True)


class Verbs(click.Group):
    """A group that imports a verb when it is called and tells errors in sentences."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order of their sections."""
        return [verb for names in sections.sectioned(VERBS).values() for verb in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb."""
        place = VERBS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command: click.Command = getattr(_imported(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs by section, each with its whole first sentence."""
        said = {verb: sections.first_sentence(sections.help_at(place)) for verb, place in VERBS.items()}
        listed = sections.sectioned(VERBS).items()
        sections.write(formatter, {title: [(verb, said[verb]) for verb in names] for title, names in listed})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words before the verb; no words at all ask for help."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; one that is not there is told with the one that may be meant."""
        if args[0] not in VERBS and not args[0].startswith("-"):
            raise click.UsageError(f"there is no command `{args[0]}`{near(args[0], list(VERBS))}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a verb; an error of ours becomes a sentence and exit status 1."""
        try:
            return super().invoke(ctx)
        except JmswrapError as error:
            raise Told(str(error)) from error
        except OSError as error:
            told = _of_a_place(error)
            if told is None:
                raise
            raise Told(told) from error


def _of_a_place(error: OSError) -> str | None:
    """Return what to do about a file or folder that this user may not use, or whose disk is full."""
    if error.filename is None or error.errno not in _CLOSED | _FULL:
        return None
    advice = "make room there" if error.errno in _FULL else "run the command as a user who may, or name another place"
    return f"{error.filename} cannot be used: {error.strerror}; {advice}"


def _imported(module: str) -> ModuleType:
    # Next to nothing of what is imported is garbage, and looking for it takes a fifth of the time, now and later.
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.freeze()
        gc.enable()


@click.command(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Begin with: jmswrap wrap partner.wsdl -o partner && jmswrap up -c partner/jmswrap.yaml --simulate",
)
@click.version_option(__version__, message="jmswrap %(version)s")
def cli() -> None:
    """Durable asynchronous SOAP fronts for applications with WSDLs.

    A caller's message is on disk before it gets its receipt; workers deliver it to the
    partner application, in order, again after failures, and set aside what cannot be.
    """


def main() -> NoReturn:
    """Run the command line and exit: 0 when done, 1 when it could not be, 2 when it was not understood."""
    try:
        status = cli.main(prog_name="jmswrap", standalone_mode=False)
    except click.UsageError as error:
        verb = error.ctx.command_path if error.ctx else "jmswrap"
        said = " ".join(error.format_message().split())
        click.echo(f"jmswrap: {said}{'' if said.endswith(('.', '?')) else '.'} See `{verb} -h`.", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)  # as shells say of what Ctrl-C ended
    sys.exit(status if isinstance(status, int) else 0)
