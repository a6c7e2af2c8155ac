"""SQLAlchemy Core on SQLite or PostgreSQL: a table and its repository per noun."""
