"""What a person should know of what was wrapped, a sentence each."""

from collections.abc import Mapping, Sequence

from jmswrap.contract.nouns import Port
from jmswrap.contract.starting import Front


def left_out(given: Port, port: Port) -> list[str]:
    """Say which operations are not published, or not by their own name."""
    told = [f"Left out: {o.problem}" for o in port.operations.values() if o.problem]
    renamed = [(a, b) for a, b in zip(given.operations, port.operations, strict=True) if a != b]
    told += [f"Operation {a} is published as {b}: tools refuse names that differ only by case." for a, b in renamed]
    return told


def not_wrapped(ports: Sequence[Port], others: Sequence[str]) -> str:
    """Say which ports are left, as ``SERVICE/PORT``, and which options choose them."""
    taken = [f"{p.service}/{p.name}" for p in ports]
    options = " ".join(f"--port {one}" for one in (*taken, *others))
    only = f"Only port {taken[0]} is" if len(taken) == 1 else f"Only ports {', '.join(taken)} are"
    return f"{only} wrapped; others become services beside it when they are named ({options}), all of them by --all."


def answered(wanted: str, port: Port, differing: Mapping[str, str]) -> list[str]:
    """Say which operations answer otherwise than all were to."""
    each = {operation.name: differing.get(operation.name, differing[""]) for operation in port.usable}
    told = []
    for style, why in (("empty", "one-way"), ("receipt", "without an answer that could be passed on")):
        found = [name for name, one in each.items() if one == style != wanted]
        if found:
            count = "Operation {} is" if len(found) == 1 else "Operations {} are"
            told.append(f"{count.format(', '.join(found))} {why}: answered `{style}` in place of `{wanted}`.")
    return told


def choices(front: Front) -> list[str]:
    """Say what is left to decide."""
    name, told = front.name, []
    # What passes straight through is never queued.
    if front.styles[""] != "sync":
        told = [
            f"No key: requests are delivered in no particular order; set routes.{name}.key where order matters.",
            f"No id: a request that is sent twice is delivered twice; set routes.{name}.id to recognise it.",
        ]
    if not front.port.address:
        told.append(f"The WSDL gives no address; set partners.{name}.address.")
    return told
