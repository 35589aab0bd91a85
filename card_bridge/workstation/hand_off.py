"""The navigation hand-off (door 2): a link of the login page leads the browser here, and from here back.

The bridge fetches the challenge itself, over TLS, from an identity provider of its settings: the TLS name is the
origin that the card signs. The person sees that origin in the bridge's window. The browser is sent back with a
one-time handle; the identity provider honours it only with the cookie of the login that made the ticket, so that
nobody has a victim sign the login of another.

Any page can lead a browser to this address. The window opens at once only if the browser says (Referer) that the link
was on a page of that identity provider; otherwise a page of the bridge first asks the person to go on.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What the link of a login page names. Anyone can write one."""

    issuer: str
    ticket: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Self:
        return cls(issuer=fields.get("issuer", ""), ticket=fields.get("ticket", ""))


class HandOff:
    """Answers `/hand-off?issuer=...&ticket=...`, and the form of the page that asks to go on."""

    def __init__(self, bridge: Bridge, client: OriginClient, origins: Collection[str]) -> None:
        self._bridge = bridge
        self._client = client
        self._origins = origins
        self._key = secrets.token_bytes(32)

    def follow(self, request: Request) -> Response:
        """Answer a link: a redirect back to the identity provider, or a page. It blocks while the PIN is typed.

        The gate has admitted the navigation.
        """
        page, link = HandOffPage.of(request), Link.of(request.args)
        if (refused := self._refused(link, page)) is not None:
            return refused
        if not _is_on_page_of(link.issuer, request):
            return page.ask(link.issuer, self._fields(link))
        return self._hand_over(link, page, request, lead_back=_redirect)

    def go_on(self, request: Request) -> Response:
        """Answer the form by which the person goes on, or tries again. The gate has admitted the form.

        A redirect would be one of the form, which the policy of the page lets go to the bridge only.
        """
        page, link = HandOffPage.of(request), Link.of(request.form)
        if (refused := self._refused(link, page)) is not None:
            return refused
        if not hmac.compare_digest(request.form.get("proof", "").encode(), self._proof(link).encode()):
            return page.ask(link.issuer, self._fields(link))
        return self._hand_over(link, page, request, lead_back=page.lead_back)

    def _refused(self, link: Link, page: HandOffPage) -> Response | None:
        if link.issuer not in self._origins:
            return page.show(SignOutcome.ORIGIN_NOT_ALLOWED)
        if not TICKET.match(link.ticket):
            return page.show(Problem.LINK_WRONG, issuer=link.issuer)
        return None

    def _hand_over(
        self, link: Link, page: HandOffPage, request: Request, *, lead_back: Callable[[str], Response]
    ) -> Response:
        address = f"{link.issuer}{_PATH}{link.ticket}"
        try:
            wanted = _sign_request(self._client.get(address), link.issuer, page.language)
            answer = self._bridge.sign(wanted, is_abandoned=page_is_gone(request))
            if not isinstance(answer, CardAssertion):
                return page.show(
                    answer.reason, issuer=link.issuer, tries_left=answer.tries_left, again=self._fields(link)
                )
            return lead_back(_return_address(self._client.post(address, {"assertion": answer.written()}), link.issuer))
        except ServiceUnreachable:
            return page.show(Problem.SERVICE_UNREACHABLE, issuer=link.issuer)
        except _AnswerWrong:
            return page.show(Problem.ANSWER_WRONG, issuer=link.issuer)

    def _fields(self, link: Link) -> dict[str, str]:
        return {"issuer": link.issuer, "ticket": link.ticket, "proof": self._proof(link)}

    def _proof(self, link: Link) -> str:
        """That a page of this process has shown this link. No other page can read it."""
        return hmac.new(self._key, f"{link.issuer} {link.ticket}".encode(), hashlib.sha256).hexdigest()


class _AnswerWrong(Exception):
    """The identity provider's answer does not have the form of a hand-off."""


def _is_on_page_of(issuer: str, request: Request) -> bool:
    """Whether the browser says so (RFC 9110 section 10.1.3). A page cannot write Referer; it can only leave it out."""
    return request.headers.get("Referer", "").startswith(f"{issuer}/")


def _sign_request(challenge: dict[str, Any], issuer: str, language: str) -> SignRequest:
    purpose, nonce = challenge.get("purpose"), challenge.get("nonce")
    if purpose not in list(Purpose) or not isinstance(nonce, str) or not NONCE.match(nonce):
        raise _AnswerWrong
    return SignRequest(origin=issuer, purpose=Purpose(purpose), nonce=nonce, language=language)


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
