"""The history: settled messages in SQLite or PostgreSQL. SQLAlchemy lives here only."""
