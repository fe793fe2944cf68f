"""A day at a small utility: CCB and MDM, with jmswrap between them, from end to end."""
