"""Makes Spyne 2.14 importable on every Python jmswrap runs on.

Spyne carries a copy of ``six`` of 2020 whose importer lacks ``find_spec``, which Python
3.12 no longer does without (spyne issues 700, 708, 711). The finder here answers for
that copy with the installed ``six``. On 3.13 ``cgi`` comes from the ``legacy-cgi``
package (spyne issue 712). It is used on 3.11 too, so that one way is tried everywhere.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

COPY = "spyne.util.six"
"""The module that Spyne carries."""
REAL = "six"


class SixLoader(Loader):
    """Makes a module that passes every name on to the installed ``six``."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave the making of the empty module to the import system."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Let the module's names be those of the real one."""
        real = importlib.import_module(REAL + module.__name__.removeprefix(COPY))

        def attribute(name: str) -> Any:
            return getattr(real, name)

        module.__getattr__ = attribute  # type: ignore[method-assign]
        if module.__name__ == COPY:
            # Spyne added this one name to its copy.
            module.get_function_name = _function_name  # type: ignore[attr-defined]


class SixFinder(MetaPathFinder):
    """Finds ``spyne.util.six`` and all below it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Answer for Spyne's copy of six, for nothing else."""
        if fullname == COPY or fullname.startswith(COPY + "."):
            return ModuleSpec(fullname, SixLoader(), is_package=True)
        return None


def install() -> None:
    """Put the finder first; calling it again changes nothing."""
    if not any(isinstance(finder, SixFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, SixFinder())


def _function_name(function: Any) -> str:
    return str(function.__name__)
