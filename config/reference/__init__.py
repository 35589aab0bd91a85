"""Reference data that both services need, and that do not change with a request.

National tables by their codes: professions, titles and civilities. Countries and departments. How the numbers of
professionals, telephone numbers and names are read and compared. Postcodes are in `enrollment/reference`.
"""
