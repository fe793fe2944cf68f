"""What jmswrap's speed is, measured beside the way a tutorial would build it."""
