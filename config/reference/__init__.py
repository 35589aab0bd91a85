"""National tables that both services need: professions, titles and civilities, by their codes.

They change with a new release of the tables, never with a request. What only enrollment needs (countries, departments,
postcodes, the shapes of numbers) is in `enrollment/reference`.
"""
