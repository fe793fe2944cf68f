"""Integrations that ship: folders to copy with ``jmswrap new`` and to edit."""
