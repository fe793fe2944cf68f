"""Test kit that ships: partners simulated from their WSDLs, their ledgers."""
