"""The ends of sentences about a word that nobody knows.

They stand apart from jmswrap.config.sentences so that ``jmswrap -h`` need not wait for pydantic.
"""

import difflib


def did_you_mean(word: str, known: list[str]) -> str:
    """Return the end of a sentence about a word that is not among the known ones."""
    meant = near(word, known)
    if meant:
        return meant
    return f": here it may be {', '.join(f'`{name}`' for name in sorted(known))}" if known else ": remove it"


def near(word: str, known: list[str]) -> str:
    """Return the end of a sentence that names the known word that may be meant; empty when none is near."""
    found = difflib.get_close_matches(word, known, 1, 0.6)
    return f": did you mean `{found[0]}`?" if found else ""
