"""Short, runnable, and run by the tests."""
