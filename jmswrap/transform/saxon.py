"""``python -m jmswrap.transform.saxon``: runs XSLT 2.0 and 3.0 stylesheets for its parent, one after the other.

Only run, never imported: Saxon needs the package of ``jmswrap[saxon]``, and while it works no
other Python of its process does. The parent (``later.py``) ends this process when it takes too
long. Stylesheets may read no file and no address, and call no function from outside.
"""

import faulthandler
import json
import signal
import struct
import sys
from typing import Any, BinaryIO

from saxonche import PySaxonApiError, PySaxonProcessor

HEAD = struct.Struct("!II")
"""Before a question: the lengths of its settings (JSON) and of its document; no document: compile it."""

LEFT_ALONE_SECONDS = 30.0
"""How much longer than it may it works, when its parent died and cannot end it."""

_PROTOCOLS = "http://saxon.sf.net/feature/allowedProtocols"
_EXTERNAL = "http://saxon.sf.net/feature/allow-external-functions"


class Saxon:
    """The processor and what it has compiled."""

    def __init__(self) -> None:
        self._processor: Any = PySaxonProcessor(license=False)
        self._processor.set_configuration_property(_EXTERNAL, "false")
        self._compiled: dict[str, Any] = {}

    def answer(self, settings: dict[str, Any], document: bytes) -> bytes:
        """Return a result; empty for a stylesheet that was to be compiled. Raises PySaxonApiError."""
        address = settings["stylesheet"]
        if address not in self._compiled:
            # What it imports is read now; while it runs, nothing is.
            self._processor.set_configuration_property(_PROTOCOLS, "file")
            compiler = self._processor.new_xslt30_processor()
            self._compiled[address] = compiler.compile_stylesheet(stylesheet_file=address)
            self._processor.set_configuration_property(_PROTOCOLS, "")
        if not document:
            return b""
        sheet = self._compiled[address]
        sheet.clear_parameters()
        for name, value in settings["parameters"].items():
            sheet.set_parameter(name, self._processor.make_string_value(value))
        result = sheet.transform_to_string(xdm_node=self._processor.parse_xml(xml_text=document.decode()))
        return (result or "").encode()


def serve(reading: BinaryIO, writing: BinaryIO) -> None:
    """Answer until the parent closes its end."""
    saxon = Saxon()
    while len(head := reading.read(HEAD.size)) == HEAD.size:
        settings, document = HEAD.unpack(head)
        told = json.loads(reading.read(settings))
        if told["seconds"]:
            # While Saxon works nothing in Python does: the timer needs none.
            faulthandler.dump_traceback_later(told["seconds"] + LEFT_ALONE_SECONDS, exit=True)
        try:
            result, good = saxon.answer(told, reading.read(document)), 1
        except (PySaxonApiError, UnicodeError) as error:
            result, good = str(error).encode(), 0
        faulthandler.cancel_dump_traceback_later()
        writing.write(HEAD.pack(good, len(result)) + result)
        writing.flush()


if __name__ == "__main__":
    for asked in (signal.SIGINT, signal.SIGTERM):
        # Who stops all processes of a service at once means the parent, which finishes its messages first.
        signal.signal(asked, signal.SIG_IGN)
    serve(sys.stdin.buffer, sys.stdout.buffer)
