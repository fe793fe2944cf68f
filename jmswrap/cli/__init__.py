"""The command line: one small file a group of verbs, no logic of its own."""
