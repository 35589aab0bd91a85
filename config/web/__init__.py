"""What every web service has: response headers, forms and their protection, languages, fault pages, the layout.

`web_app.py` configures a Flask application with it. A service adds its own pages, wording and translations. Nothing
here knows what a login is.
"""
