"""Values that the environment lays over ``jmswrap.yaml``.

``JMSWRAP_OVERRIDES`` holds JSON of the same form as the file. A process that starts
others (``up``) hands down addresses in it; an operator may use it for what differs from
machine to machine. ``JMSWRAP_CONFIG`` names the file where no ``-c`` does.
"""

import json
from collections.abc import Mapping
from typing import Any

from jmswrap.errors import ConfigError

VARIABLE = "JMSWRAP_OVERRIDES"
CONFIG_VARIABLE = "JMSWRAP_CONFIG"
"""Names the integration's file for processes that get no ``-c``."""


def of(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the overrides an environment holds; ConfigError when they are no JSON object."""
    text = environment.get(VARIABLE, "").strip()
    if not text:
        return {}
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{VARIABLE} is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise ConfigError(f'{VARIABLE} must be a JSON object of the form of jmswrap.yaml, such as {{"store": {{}}}}')
    return found


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return both, the second over the first, sections merged."""
    result = dict(first)
    for key, value in second.items():
        inner = result.get(key)
        both = isinstance(inner, Mapping) and isinstance(value, Mapping)
        result[key] = merged(inner, value) if both and isinstance(inner, Mapping) else value
    return result


def environment(base: Mapping[str, str], overrides: Mapping[str, Any]) -> dict[str, str]:
    """Return an environment for a child process, with these overrides over those it has."""
    return {**base, VARIABLE: json.dumps(merged(of(base), overrides))}
