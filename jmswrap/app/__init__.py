"""Wiring: the only place that knows all; makes integrations, connections and processes from a configuration."""
