"""The navigation hand-off (door 2): a link of the login page leads the browser here, and from here back.

The bridge fetches the challenge itself, over TLS, from an identity provider of its settings: the TLS name is the
origin that the card signs. The person sees that origin in the bridge's window. The browser is sent back with a
one-time handle; the identity provider honours it only with the cookie of the login that made the ticket, so that
nobody has a victim sign the login of another.
"""

import re
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from card_bridge.assertion import CardAssertion, Purpose
from card_bridge.states import SignOutcome
from card_bridge.workstation.bridge import NONCE, Bridge, SignRequest
from card_bridge.workstation.gate import page_is_gone
from card_bridge.workstation.origin_client import OriginClient, ServiceUnreachable
from card_bridge.workstation.pages.hand_off import HandOffPage, Problem

TICKET: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_PATH: Final = "/card/hand-off/"
_LONGEST_ADDRESS: Final = 2048  # characters


class HandOff:
    """Answers `/hand-off?issuer=...&ticket=...`. The gate has admitted the navigation."""

    def __init__(self, bridge: Bridge, client: OriginClient, origins: Collection[str]) -> None:
        self._bridge = bridge
        self._client = client
        self._origins = origins

    def respond(self, request: Request) -> Response:
        """A redirect back to the identity provider, or a page that says why not. It blocks while the PIN is typed."""
        page = HandOffPage.of(request)
        issuer, ticket = request.args.get("issuer", ""), request.args.get("ticket", "")
        if issuer not in self._origins:
            return page.show(SignOutcome.ORIGIN_NOT_ALLOWED)
        if not TICKET.match(ticket):
            return page.show(Problem.LINK_WRONG, issuer=issuer)
        address = f"{issuer}{_PATH}{ticket}"
        try:
            wanted = _sign_request(self._client.get(address), issuer)
            answer = self._bridge.sign(wanted, is_abandoned=page_is_gone(request))
            if not isinstance(answer, CardAssertion):
                return page.show(answer.reason, issuer=issuer, tries_left=answer.tries_left, again=request.full_path)
            return _redirect(_return_address(self._client.post(address, {"assertion": answer.written()}), issuer))
        except ServiceUnreachable:
            return page.show(Problem.SERVICE_UNREACHABLE, issuer=issuer)
        except _AnswerWrong:
            return page.show(Problem.ANSWER_WRONG, issuer=issuer)


class _AnswerWrong(Exception):
    """The identity provider's answer does not have the form of a hand-off."""


def _sign_request(challenge: dict[str, Any], issuer: str) -> SignRequest:
    purpose, nonce = challenge.get("purpose"), challenge.get("nonce")
    if purpose not in list(Purpose) or not isinstance(nonce, str) or not NONCE.match(nonce):
        raise _AnswerWrong
    return SignRequest(origin=issuer, purpose=Purpose(purpose), nonce=nonce)


def _return_address(answer: dict[str, Any], issuer: str) -> str:
    """The address to return to. It must be of the issuer: the handle in it is a secret between the two."""
    address = answer.get("return_to")
    if not isinstance(address, str) or len(address) > _LONGEST_ADDRESS or not re.fullmatch(r"[!-~]+", address):
        raise _AnswerWrong
    if not address.startswith(f"{issuer}/") or "\\" in address or urlsplit(address).username is not None:
        raise _AnswerWrong
    return address


def _redirect(address: str) -> Response:
    """RFC 9110 section 15.4.4: See Other."""
    return Response(status=303, headers={"Location": address})
