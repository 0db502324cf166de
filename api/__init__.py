"""The HTTP API: translates requests and responses."""
