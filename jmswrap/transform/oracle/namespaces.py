"""The namespaces of the vendor's functions."""

VENDOR = "http://www.oracle.com/XSL/Transform/java/"
"""How they all begin, except `ora:`."""

DVM = f"{VENDOR}oracle.tip.dvm.LookupValue"
XREF = f"{VENDOR}oracle.tip.xref.xpath.XRefXPathFunctions"
AIA = f"{VENDOR}oracle.apps.aia.core.xpath.AIAFunctions"
XP20 = f"{VENDOR}oracle.tip.pc.services.functions.Xpath20"
ORAEXT = f"{VENDOR}oracle.tip.pc.services.functions.ExtFunc"
"""Stylesheets call its prefix `oraext` or `orcl`."""
ORA = "http://schemas.oracle.com/xpath/extension"
STRING = f"{VENDOR}java.lang.String"
