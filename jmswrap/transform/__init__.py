"""Steps between what came and what goes: XSLT stylesheets, compiled once."""
