"""Redis: its connection, the store of what may be forgotten, rate limits, and the embedded server."""
