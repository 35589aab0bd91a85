"""The way of a card that no account knows from the login page to enrollment.

GET /card/enrollment?draft=<name>    back to enrollment, with a handle if this browser has just proved a card

`draft` is what enrollment calls the draft of the browser. Any site may lead a browser here: the handle is good for that
draft alone, and the browser brings it to enrollment.
"""

import re
from typing import Final
from urllib.parse import urljoin

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.web.prefetch import ignore_prefetch
from config.web.web_app import WebShell
from idp.accounts.unknown_cards import UnknownCards

PATH: Final = "/card/enrollment"
RETURN: Final = "/request/card/known"
"""The page of enrollment that receives the handle."""
_DRAFT: Final = re.compile(r"[0-9a-f]{64}")


def card_to_enrollment_blueprint(cards: UnknownCards, web: WebShell, *, account_request_url: str) -> Blueprint:
    """`account_request_url` is the address of enrollment in the settings: the browser returns there only."""
    to_enrollment = Blueprint("card_to_enrollment", __name__)
    back = urljoin(account_request_url, RETURN)

    @to_enrollment.get(PATH)
    def hand_over() -> AnyResponse:
        draft, browser = request.args.get("draft", ""), web.forms.browser_cookie()
        if browser is None or not _DRAFT.fullmatch(draft):
            return redirect(back, 303)
        handle = cards.hand_over(browser=browser, draft=draft)
        return redirect(back if handle is None else f"{back}?handle={handle}", 303)

    return ignore_prefetch(to_enrollment)
