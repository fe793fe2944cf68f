"""Accepting: what arrives becomes a message, is committed in a group, gets a receipt."""
