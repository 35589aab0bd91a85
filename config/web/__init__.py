"""The shell every web service wears: headers, forms and their protection, languages, fault pages, layout.

Nothing here knows what a login is. `shell.py` puts it all on a Flask
application; a service brings its own pages, wording and translations.
"""
