"""jmswrap: JMS wrapper services in front of any two applications with WSDLs.

This module holds only the version; import from the module that owns the noun.
"""

__version__ = "0.1.0"
