"""What the use cases need from the world; one noun per file."""
