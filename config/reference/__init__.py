"""Reference data of both services, and the reading of numbers and names.

National tables by their codes: professions, titles and civilities. Countries and departments. The reading and
comparison of professional numbers, telephone numbers and names. Not here: postcodes, in `enrollment/reference`.
"""
