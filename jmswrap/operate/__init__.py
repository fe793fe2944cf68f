"""Moving: the one facade that every door (command line, console) changes things through, and the sweeper."""
