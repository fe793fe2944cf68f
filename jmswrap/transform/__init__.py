"""Steps between what came and what goes: XSLT 1.0 stylesheets, compiled once."""
