"""Reading: the one facade that every door (command line, console) looks through."""
