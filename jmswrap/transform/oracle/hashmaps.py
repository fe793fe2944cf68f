"""Java's ``HashMap``, in which the vendor's stylesheets keep what they have looked up during one transform."""

import itertools
from typing import Any

from jmswrap.errors import TransformError
from jmswrap.transform.current import Current
from jmswrap.transform.oracle.namespaces import HASHMAP
from jmswrap.transform.values import text
from jmswrap.transform.xslt import Extensions


def functions(current: Current) -> Extensions:
    """Return the functions; a map lives as long as the transform that made it."""
    numbers = itertools.count(1)

    def new(_: Any) -> str:
        name = f"map {next(numbers)}"
        current.maps = {**current.maps, name: {}}
        return name

    def known(name: Any) -> dict[str, str]:
        found = current.maps.get(text(name))
        if found is None:
            raise TransformError(f"{text(name)!r} is no map: make it with hashmap:new() in this transform")
        return found

    def put(_: Any, name: Any, key: Any, value: Any) -> str:
        kept = known(name)
        before = kept.get(text(key), "")
        kept[text(key)] = text(value)
        return before

    return {
        (HASHMAP, "new"): new,
        (HASHMAP, "put"): put,
        (HASHMAP, "get"): lambda _, name, key: known(name).get(text(key), ""),
        (HASHMAP, "remove"): lambda _, name, key: known(name).pop(text(key), ""),
        (HASHMAP, "containsKey"): lambda _, name, key: text(key) in known(name),
        (HASHMAP, "size"): lambda _, name: float(len(known(name))),
        (HASHMAP, "isEmpty"): lambda _, name: not known(name),
    }
