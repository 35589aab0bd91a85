"""The frame of every page: HTML without script, a style that its policy names by hash, one language at a time."""

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Final

from werkzeug.wrappers import Request, Response

from card_bridge.workstation.texts import FRENCH, LANGUAGES

_STYLE: Final = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy: nothing is loaded, run, framed or sent."""
_FORM_POLICY: Final = POLICY.replace("form-action 'none'", "form-action 'self'")


def page_language(request: Request) -> str:
    """`lang` in the address, else what the browser prefers, else French."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES, FRENCH) or FRENCH


def html_page(*, title: str, main: str, language: str, status: int = 200) -> Response:
    """A page.

    Args:
        title: text.
        main: HTML, with every value already escaped.
    """
    text = f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
{main}
</main>
</body>
</html>
"""
    response = Response(text, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def with_forms(page: Response) -> Response:
    """The same page, whose forms may be posted to its own server. Browsers then say which page has posted."""
    page.headers["Content-Security-Policy"] = _FORM_POLICY
    page.headers["Referrer-Policy"] = "same-origin"  # with `no-referrer` they send `Origin: null`
    return page
