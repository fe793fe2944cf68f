"""The SOAP toolchains that others wrote, each driven by a script of the interoperability kit.

The kit's ``install.sh FOLDER`` installs them; ``JMSWRAP_CLIENTS`` names that folder. What is not
installed is left out, and said.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 400.0
"""A large contract's C code takes minutes to compile on a busy machine."""
_OK, _NO_IMPORT, _FAULT = 0, 2, 3


def kit() -> Path | None:
    """Return the interoperability kit, where it lies beside the checkout."""
    beside = (parent / "shared" / "kit" for parent in Path(__file__).resolve().parents)
    return next((folder for folder in beside if (folder / "clients").is_dir()), None)


@dataclass(frozen=True, slots=True)
class Said:
    """What a script said."""

    status: int
    text: str

    @property
    def imported(self) -> bool:
        """Whether the WSDL was taken."""
        return self.status != _NO_IMPORT and "IMPORT FAILED" not in self.text

    @property
    def result(self) -> str | None:
        """What a call gave, or None when it failed."""
        found = re.search(r"^RESULT(.*)", self.text, re.DOTALL | re.MULTILINE)
        return found[1] if found and self.status == _OK else None

    @property
    def trouble(self) -> str:
        """The line that tells why."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        telling = [line for line in lines if re.search(r"FAIL|FAULT|ERROR|[Ee]rror|Exception|no ", line)]
        return (telling or lines or [f"exit status {self.status}"])[0][:300]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """One toolchain: what it needs, and how its scripts are called."""

    name: str
    title: str
    needs: tuple[str, ...]
    """Programs, and files in the folder of ``JMSWRAP_CLIENTS``."""
    version: str
    """A shell command whose last word with a digit in it is the version."""
    importing: str = ""
    """The script that imports, where calling does not do so by itself."""
    calling: str = ""
    attribute: str = "{}"
    """What an attribute is called in a call's JSON."""
    text: str = "_value_1"
    """What the text of an element with attributes is called in it."""
    typed: bool = True
    """Whether it reads the schemas."""
    second_port: str = ""
    """The script of ours that calls other ports' operations, where the kit's calls the first port's only."""
    reads_file: bool = False
    """Whether it is given the files instead of the address."""

    def missing(self) -> str:
        """Return the first thing that it needs and that is not here."""
        for need in self.needs:
            if not (shutil.which(need) or (clients() / need).exists()):
                return need
        return ""


def clients() -> Path:
    """Return the folder that the kit's ``install.sh`` was given."""
    return Path(os.environ.get("JMSWRAP_CLIENTS", Path(tempfile.gettempdir(), "clients")))


_PY = "cvenv/bin/python"

TOOLCHAINS = (
    Toolchain(
        "jaxws", "JAX-WS RI wsimport", ("wsimport", "javac", "curl"), "wsimport -version 2>&1", calling="java_call.sh",
        text="*",
    ),
    Toolchain(
        "mono", "Mono wsdl (.NET ASMX)", ("mono", "wsdl", "mcs", "curl"), "mono --version | head -1 | cut -d' ' -f5",
        calling="mono_call.sh", attribute="@{}", text="Value",
    ),
    Toolchain(
        "gsoap", "gSOAP wsdl2h", ("wsdl2h", "soapcpp2", "gcc", "curl", f"{_PY}3"), "wsdl2h -V 2>&1",
        calling="gsoap_call.sh",
    ),
    Toolchain(
        "php", "PHP ext/soap", ("php",), "php -r 'echo PHP_VERSION;'", "php php_call.php", "php php_call.php", text="_",
    ),
    Toolchain(
        "node", "node soap", ("node", "node/node_modules/soap"),
        "node -p \"require('$NODE_KIT/node_modules/soap/package.json').version\"",
        "node node_soap_call.js", "node node_soap_call.js", "@{}", "$value",
    ),
    Toolchain(
        "zeep", "zeep", (_PY,), "$PY -c 'import zeep; print(zeep.__version__)'", "$PY py_zeep_call.py",
        "$PY py_zeep_call.py", second_port="$PY second_port_zeep.py",
    ),
    Toolchain(
        "suds", "suds-community", (_PY,), "$PY -c 'import suds; print(suds.__version__)'", "$PY py_suds_call.py",
        "$PY py_suds_call.py", "@{}", "value", second_port="$PY second_port_suds.py",
    ),
    Toolchain(
        "soaplite", "SOAP::Lite", ("perl",), "perl -MSOAP::Lite -e 'print $SOAP::Lite::VERSION'",
        "perl perl_soaplite_call.pl", "perl perl_soaplite_call.pl", "@{}", typed=False,
    ),
    Toolchain("xsdata", "xsdata", ("cvenv/bin/xsdata",), "$XSDATA/xsdata --version", "py_xsdata_import.sh"),
    Toolchain("wsi", "WS-I BP 1.1 (Mono)", ("mono", "mcs"), "mono --version | head -1 | cut -d' ' -f5", "wsi_bp.sh"),
    Toolchain(
        "lint", "four validators", ("cvenv/bin/xmlschema-validate",),
        "$PY -c 'import xmlschema; print(xmlschema.__version__)'", "$PY wsdl_lint.py", reads_file=True,
    ),
)  # fmt: skip


class Workbench:
    """Runs the scripts, each toolchain with a folder of its own for what it generates."""

    def __init__(self, scripts: Path, folder: Path) -> None:
        self._scripts = scripts
        self._folder = folder

    def import_only(self, tool: Toolchain, wsdl: str) -> Said:
        """Have a WSDL imported."""
        return self._run(tool, self._scripts, tool.importing, wsdl)

    def call(self, tool: Toolchain, wsdl: str, operation: str, arguments: str) -> Said:
        """Have an operation called, the WSDL imported before if that is how the toolchain works."""
        return self._run(tool, self._scripts, tool.calling, wsdl, operation, arguments)

    def ask(self, tool: Toolchain, wsdl: str, operation: str, arguments: str) -> Said:
        """Have an operation of the second port called."""
        if not tool.second_port:
            return self.call(tool, wsdl, operation, arguments)
        return self._run(tool, Path(__file__).parent, tool.second_port, wsdl, operation, arguments)

    def version(self, tool: Toolchain) -> str:
        """Return what the toolchain says of its version."""
        command = ["bash", "-c", tool.version]
        done = subprocess.run(command, capture_output=True, text=True, env=self._environment(tool), check=False)
        numbers: list[str] = re.findall(r"\d+(?:\.\d+)+", done.stdout)
        return numbers[-1] if numbers else "?"

    def _run(self, tool: Toolchain, scripts: Path, script: str, *words: str) -> Said:
        given = self._environment(tool)
        program = [word.replace("$PY", given["PY"]) for word in script.split()]
        program[-1] = str(scripts / program[-1])
        try:
            done = subprocess.run(
                [*program, *words],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env=given,
                timeout=LIMIT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Said(-1, f"ERROR nothing within {LIMIT_SECONDS:.0f} seconds")
        return Said(done.returncode, done.stdout)

    def _environment(self, tool: Toolchain) -> Mapping[str, str]:
        cache = self._folder / tool.name
        cache.mkdir(parents=True, exist_ok=True)
        folder = clients()
        here = {"PY": str(folder / _PY), "NODE_KIT": str(folder / "node"), "XSDATA": str(folder / "cvenv" / "bin")}
        return {**os.environ, **here, "KIT_CACHE": str(cache), "LC_ALL": "C.UTF-8"}
