"""What every web service has: headers, forms and their protection, languages, fault pages, layout.

`web_app.py` puts it on a Flask application; a service brings its own pages, wording and translations. Nothing here
knows what a login is.
"""
