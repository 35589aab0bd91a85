"""Redis: the connection, the store of temporary records, rate limits, and the private server.

    connection, sentinel, servers    sends a command; finds the primary; chooses the server by the settings
    store, scripts                   the operations on records, and their Lua
    rate_limits, token_buckets       limits on attempts
    embedded                         the private redis-server of an installation without one

Not here: data that must not be lost, which is in SQL (config/sql).
"""
