"""``jmswrap lint``: what SOAP tools mind in a WSDL."""

from dataclasses import asdict
from pathlib import Path

import click

from jmswrap.cli import options, render
from jmswrap.contract import lint as contract_lint
from jmswrap.contract import wellknown
from jmswrap.contract.lint_nouns import REFUSED, SEVERITIES


@click.command()
@click.argument("wsdl", required=False, default="")
@options.imports
@click.option("--rules", is_flag=True, help="List the rules instead.")
@options.as_json
def lint(wsdl: str, allow: tuple[str, ...], catalog_file: Path | None, rules: bool, as_json: bool) -> None:
    """Say what SOAP tools mind in a WSDL, and which.

    WSDL is a file or an http(s) address. Each finding has its place, how grave it is, who minds and why: refused (a
    tool does not take it), minded (taken with a loss), note. Exit status 1 when something is refused.
    """
    if rules:
        rows = [(r.name, r.severity, r.tools, r.reason) for r in contract_lint.RULES]
        names = ("rule", "severity", "tools", "reason")
        if as_json:
            render.as_json([dict(zip(names, row, strict=True)) for row in rows])
        else:
            render.table(names, rows)
        return
    if not wsdl:
        raise click.UsageError("WSDL is missing: name the file or the address to look at", click.get_current_context())
    catalog = None if catalog_file is None else wellknown.catalog(catalog_file)
    findings = contract_lint.lint(wsdl, allow, catalog)
    if as_json:
        render.as_json({"wsdl": wsdl, "findings": [asdict(f) for f in findings]})
    else:
        for finding in findings:
            click.echo(str(finding))
        counts = [(sum(f.severity == s for f in findings), s) for s in SEVERITIES]
        click.echo(f"{wsdl}: " + ", ".join(f"{count} {word}" for count, word in counts) + ".")
    if any(f.severity == REFUSED for f in findings):
        raise click.exceptions.Exit(1)
