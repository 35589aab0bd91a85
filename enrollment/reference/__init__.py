"""Reference data that only enrollment needs: the postcodes of France and their towns.

Nothing here knows a request, a page or the database. What both services need is in `config/reference`.
"""
