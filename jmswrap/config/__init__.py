"""What an integration's ``jmswrap.yaml`` may say, and reading it: all problems at once."""
