"""``docs/commands.md``, made from the help texts.

Run ``python -m jmswrap.cli.document > docs/commands.md`` after a change; a test holds the
file fresh.
"""

import inspect
import sys
from collections.abc import Iterator

import click

from jmswrap.cli import sections
from jmswrap.cli.main import VERBS, cli

_HEAD = """# Commands

This page is made from the help texts (`jmswrap VERB -h`); do not edit it by hand.

Exit status: 0 when done, 1 when it could not be done, 2 when the command line was not understood; standard error then
says why, a sentence a problem. (`health` alone says more by it: see there.) `--json` prints data and nothing else on
standard output.

"""


def document() -> str:
    """Return the page."""
    context = click.Context(cli, info_name="jmswrap")
    verbs = {verb: command for verb in VERBS if (command := cli.get_command(context, verb)) is not None}
    placed = sections.sectioned(verbs).items()
    listed = "".join(_listed(title, {verb: verbs[verb] for verb in names}) for title, names in placed)
    return _HEAD + listed + "\n".join(_section(verb, verbs[verb]) for _, names in placed for verb in names)


def _listed(title: str, verbs: dict[str, click.Command]) -> str:
    said = {verb: sections.first_sentence(command.help or "") for verb, command in verbs.items()}
    rows = (f"- [{verb}](#jmswrap-{verb}): {sentence}\n" for verb, sentence in said.items())
    return f"**{title}**\n\n{''.join(rows)}\n"


def _section(verb: str, command: click.Command) -> str:
    rows = "".join(_rows(command))
    table = f"\n| option | meaning |\n|---|---|\n{rows}" if rows else ""
    arguments = [_word(p) for p in command.params if isinstance(p, click.Argument)]
    usage = " ".join(["jmswrap", verb, "[OPTIONS]", *filter(None, arguments)])
    said = inspect.cleandoc(command.help or "")
    return f"## jmswrap {verb}\n\n```\n{usage}\n```\n\n{said}\n{table}"


def _rows(command: click.Command) -> Iterator[str]:
    for option in command.params:
        if not isinstance(option, click.Option):
            continue
        name = ", ".join(option.opts) + ("" if option.is_flag else f" {_metavar(option)}")
        notes = [option.help or ""]
        if option.show_default:
            notes.append(f"Default: `{option.default}`.")
        if option.envvar and isinstance(option.envvar, str):
            notes.append(f"From the environment: `{option.envvar}`.")
        if option.required:
            notes.append("Must be given.")
        if option.multiple:
            notes.append("May be repeated.")
        yield f"| `{name}` | {' '.join(notes)} |\n"


def _metavar(parameter: click.Parameter) -> str:
    if parameter.metavar is not None:
        return parameter.metavar
    if isinstance(parameter.type, click.Choice):
        return "\\|".join(map(str, parameter.type.choices))  # a plain bar would end the table's cell
    return (parameter.human_readable_name if isinstance(parameter, click.Argument) else parameter.type.name).upper()


def _word(argument: click.Argument) -> str:
    """Return an argument as the usage line has it: in brackets where it may be left out."""
    word = _metavar(argument)
    return f"[{word}]" if word and not argument.required and not word.startswith("[") else word


if __name__ == "__main__":
    sys.stdout.write(document())
