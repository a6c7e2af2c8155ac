"""Real servers that tests start for themselves and stop by process id."""
