"""Wiring: the only place that knows all; makes everything from a configuration."""
