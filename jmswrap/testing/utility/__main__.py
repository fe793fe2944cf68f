"""Runs one of the two applications: ``python -m jmswrap.testing.utility ccb|mdm SETTINGS``, JSON."""

import asyncio
import json
import os
import sys

from jmswrap import log
from jmswrap.app import lifeline
from jmswrap.testing.utility.application import Settings
from jmswrap.testing.utility.ccb import Ccb
from jmswrap.testing.utility.mdm import Mdm

_ROLES = {"ccb": Ccb, "mdm": Mdm}


def main() -> int:
    """Run until the standard input ends."""
    log.to_stderr()
    lifeline.attach(os.environ)
    application = _ROLES[sys.argv[1]](Settings(**json.loads(sys.argv[2])))
    asyncio.run(application.run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
