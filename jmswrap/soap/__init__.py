"""The SOAP front door: guard, Spyne application, pages, the processes that serve it.

Importing this package makes Spyne importable (``spyne_import``): every module here
imports Spyne at its top, and that must work whichever of them comes first. It is the
only place of jmswrap that knows Spyne.
"""

from jmswrap.soap import spyne_import

spyne_import.install()
