"""The history: settled messages in SQLite or PostgreSQL."""
