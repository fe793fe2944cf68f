"""The namespaces of the vendor's functions."""

_JAVA = "http://www.oracle.com/XSL/Transform/java/"

DVM = f"{_JAVA}oracle.tip.dvm.LookupValue"
XREF = f"{_JAVA}oracle.tip.xref.xpath.XRefXPathFunctions"
AIA = f"{_JAVA}oracle.apps.aia.core.xpath.AIAFunctions"
XP20 = f"{_JAVA}oracle.tip.pc.services.functions.Xpath20"
ORAEXT = f"{_JAVA}oracle.tip.pc.services.functions.ExtFunc"
"""Stylesheets call its prefix `oraext` or `orcl`."""
ORA = "http://schemas.oracle.com/xpath/extension"
STRING = f"{_JAVA}java.lang.String"
