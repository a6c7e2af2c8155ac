"""What fulfils the ports: database, bus, tokens, files, clock."""
