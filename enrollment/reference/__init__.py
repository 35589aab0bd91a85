"""Data and rules that do not change with a request: countries, departments, postcodes, and how numbers and names read.

`numbers` reads RPPS and ADELI numbers as people type them, `telephones` telephone numbers; `names` compares names.
Nothing here knows a request, a page or the database. Professions, titles and civilities, which both services need, are
in `config/reference`.
"""
