"""Cross-references: which ids in other systems stand for one thing. A database of their own."""
