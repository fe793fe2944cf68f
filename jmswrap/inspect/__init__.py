"""Reading: the one facade that people look through, at the command line or another door."""
