"""The way of a card that no account knows from the login page to enrollment.

GET /card/request?application=<client_id>&card=<token>    the button of the page that refuses the card: to enrollment
GET /card/enrollment?card=<token>&draft=<name>            back to enrollment, with a handle

`token` is that of the page that has refused the card in this browser; any other leads on without a card. `draft` is
what enrollment calls the draft of the browser. Any site may lead a browser here: the handle is good for that draft
alone, and the browser brings it to enrollment.
"""

import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.prefetch import ignore_prefetch
from config.web.web_app import WebShell
from idp.accounts.unknown_cards import UnknownCards
from idp.login.browser import browser_state
from idp.web.public import request_address

PATH: Final = "/card/enrollment"
REQUEST: Final = "/card/request"
RETURN: Final = "/request/card/known"
"""The page of enrollment that receives the handle."""
_DRAFT: Final = re.compile(r"[0-9a-f]{64}")
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def request_path(token: str, asked_at: str) -> str:
    """The address of the button, on the page that has this token. `asked_at` is where accounts are asked for."""
    return f"{REQUEST}?{'&'.join(filter(None, (urlsplit(asked_at).query, f'card={token}')))}"


def card_to_enrollment_blueprint(cards: UnknownCards, web: WebShell, *, account_request_url: str) -> Blueprint:
    """`account_request_url` is the address of enrollment in the settings: the browser returns there only."""
    to_enrollment = Blueprint("card_to_enrollment", __name__)
    back = urljoin(account_request_url, RETURN)

    @to_enrollment.get(REQUEST)
    def ask() -> AnyResponse:
        token, browser = request.args.get("card", ""), browser_state(web)
        waits = browser is not None and _TOKEN.fullmatch(token) and cards.prolong(token, browser=browser)
        known = {"application": request.args.get("application", ""), "card": token if waits else ""}
        return redirect(request_address(account_request_url, known), 303)

    @to_enrollment.get(PATH)
    def hand_over() -> AnyResponse:
        token, draft, browser = request.args.get("card", ""), request.args.get("draft", ""), browser_state(web)
        if browser is None or not (_DRAFT.fullmatch(draft) and _TOKEN.fullmatch(token)):
            return redirect(back, 303)
        handle = cards.hand_over(token, browser=browser, draft=draft)
        return redirect(back if handle is None else f"{back}?handle={handle}", 303)

    return ignore_prefetch(to_enrollment)
