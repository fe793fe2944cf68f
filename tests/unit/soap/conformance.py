"""What the standards ask of the door, a row a rule; tried over real HTTP by test_conformance.py.

``PYTHONPATH=.:tests/unit/soap python tests/unit/soap/conformance.py > docs/conformance.md`` prints the table.
"""

import sys

from conformance_http import HTTP_RULES, PROFILE_RULES
from conformance_rule import Rule
from conformance_soap import SOAP_11_RULES, SOAP_12_RULES

TABLE = (*SOAP_11_RULES, *SOAP_12_RULES, *PROFILE_RULES, *HTTP_RULES)

_HEAD = """# Conformance of the door

Made from the table in `tests/unit/soap/conformance.py`; do not edit it by hand. Each row is tried over real HTTP by
`tests/unit/soap/test_conformance.py`. "BP" is the WS-I Basic Profile 1.1. A fault of SOAP 1.1 comes with HTTP 500,
except where HTTP itself has a word for it (401, 403, 404, 408, 413, 415, 417, 501, 503); the fault is always in the
body.

| rule | what it asks | what is answered |
|---|---|---|
"""


def document() -> str:
    """Return the page."""
    return _HEAD + "".join(f"| {rule.where} | {rule.says} | {_answer(rule)} |\n" for rule in TABLE)


def _answer(rule: Rule) -> str:
    statuses = ", then ".join(f"HTTP {status}" for status in rule.statuses or (rule.status,))
    return f"{statuses}, {rule.fault}" if rule.fault else statuses


if __name__ == "__main__":
    sys.stdout.write(document())
