"""Moving: the one facade that every door (command line, Python) changes things through, and the sweeper."""
