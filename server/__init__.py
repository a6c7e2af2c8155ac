"""The server: pure domain, use cases, and the edges that speak to the world."""
