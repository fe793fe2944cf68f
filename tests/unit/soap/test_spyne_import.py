"""Spyne imports and serves on every supported Python that is installed here.

The Python that runs the tests always is one of them. The others are tried when they have
the dependencies; in the continuous build (``CI`` is set) a virtual environment is made for
those that have not, some ten seconds each. Where neither is so, the test says that it skips.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SUPPORTED = ("3.11", "3.12", "3.13")
NEEDED = ("spyne", "lxml", "six", "pytz")
SERVE = """
import sys, warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", module="spyne")
warnings.filterwarnings("ignore", message=r"'cgi' is deprecated|.*legacy.cgi.*")
import jmswrap.soap
from io import BytesIO
from spyne import Application, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11, Soap12
from spyne.server.wsgi import WsgiApplication

class Echo(ServiceBase):
    @rpc(Unicode, _returns=Unicode)
    def say(ctx, word):
        return word

def call(method, query, body):
    said = []
    environ = {"REQUEST_METHOD": method, "QUERY_STRING": query, "PATH_INFO": "/", "SCRIPT_NAME": "",
               "CONTENT_TYPE": "text/xml", "CONTENT_LENGTH": str(len(body)), "SERVER_NAME": "x", "SERVER_PORT": "1",
               "wsgi.url_scheme": "http", "wsgi.input": BytesIO(body)}
    answer = b"".join(WsgiApplication(application)(environ, lambda status, headers: said.append(status)))
    return said[0], answer

application = Application([Echo], "urn:echo", in_protocol=Soap11(), out_protocol=Soap11())
body = b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' \\
       b'<e:say xmlns:e="urn:echo"><e:word>hello</e:word></e:say></s:Body></s:Envelope>'
posted, wsdl = call("POST", "", body), call("GET", "wsdl", b"")
assert posted[0] == "200 OK" and b"hello" in posted[1], posted
assert wsdl[0] == "200 OK" and b"portType" in wsdl[1], wsdl
from spyne.util import six
from spyne.util.six.moves.urllib.parse import quote
assert six.text_type is str and quote("a b") == "a%20b"
print("served")
"""


def interpreters() -> dict[str, str]:
    """Return the program of each supported Python that is here: this one, those on the PATH, pyenv's."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    for version in SUPPORTED:
        program = shutil.which(f"python{version}")
        candidates = [program] if program else []
        for root in (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")), Path("/opt/python")):
            candidates += [str(p) for p in sorted(root.glob(f"versions/{version}.*/bin/python"))]
        for candidate in candidates:
            if version not in found and _works(candidate):
                found[version] = candidate
    return found


def _works(program: str) -> bool:
    command = [program, "-c", "import sys; print(sys.version_info.major)"]
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False).stdout.strip() == b"3"
    except (OSError, subprocess.TimeoutExpired):
        return False


FOUND = interpreters()


@pytest.mark.parametrize("version", SUPPORTED)
def test_spyne_imports_and_serves(version: str, tmp_path: Path) -> None:
    if version not in FOUND:
        pytest.skip(f"there is no Python {version} on this machine")
    program = FOUND[version]
    missing = _missing(program, version)
    if missing and program != sys.executable:
        if not os.environ.get("CI"):
            pytest.skip(f"{program} lacks {missing}; with CI set, an environment is made for it")
        program = _environment(program, tmp_path, missing)
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [program, "-c", SERVE]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=180, check=False)
    assert done.stdout.strip() == "served", done.stderr


def _missing(program: str, version: str) -> list[str]:
    wanted = (*NEEDED, "cgi") if version == "3.13" else NEEDED
    code = f"import importlib.util as u; print(*[n for n in {wanted!r} if u.find_spec(n) is None])"
    found = subprocess.run([program, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return found.stdout.split()


def _environment(program: str, folder: Path, missing: list[str]) -> str:
    python = str(folder / "venv/bin/python")
    wanted = ["legacy-cgi" if name == "cgi" else name for name in missing]
    subprocess.run([program, "-m", "venv", str(folder / "venv")], check=True, timeout=30, capture_output=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *wanted]
    subprocess.run(pip, check=True, timeout=60, capture_output=True)
    return python
