"""What the pages of applicants use, put together once by the application."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlencode

from flask import redirect, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from config.conditions import Conditions
from config.redis.rate_limits import Throttle, Visit, places
from config.sql.database import Database
from config.web.pages import Page, render
from config.web.web_app import WebShell
from enrollment.applicant.anti_bot import Pace
from enrollment.applicant.drafts import COOKIE, Beginning, Draft, Drafts
from enrollment.applicant.mailed_links import MailedLinks
from enrollment.applicant.submission import Submissions
from enrollment.invitations.invitations import Invitations
from enrollment.offer import Offer, Offers, OfferUnavailable
from enrollment.register.register import Register
from enrollment.settings import EnrollmentSettings
from enrollment.sign_in.sessions import SignedInSession


@dataclass(frozen=True, slots=True, kw_only=True)
class NoDraftPage(Page):
    """This browser has no request: it was never begun, or the browser was closed since."""

    template: ClassVar[str] = "applicant/no_draft.html"

    @property
    def path(self) -> str:
        return "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicantServices:
    """The parts that several pages share, and what they ask of the present request."""

    settings: EnrollmentSettings
    web: WebShell
    database: Database
    throttle: Throttle
    drafts: Drafts
    conditions: Conditions
    offers: Offers
    submissions: Submissions
    invitations: Invitations
    mailed_links: MailedLinks
    register: Register
    signed_in: Callable[[], SignedInSession | None]

    # --- this browser
    def key(self) -> str | None:
        """The key of this browser's draft, as its cookie has it."""
        return self.web.cookies.read(COOKIE)

    def draft(self) -> Draft | None:
        """This browser's request, sent or not; None also when it has an owner who is not signed in."""
        found = self.drafts.find(self.key())
        return found if found is None or found.owner in (None, self.subject()) else None

    def no_draft(self, address: str) -> AnyResponse:
        """What is shown when `draft` has none for a page: the sign-in that may open it, or that there is no request."""
        if self.subject() is None and self.drafts.find(self.key()) is not None:
            return redirect(f"/sign-in?{urlencode({'then': address})}", 303)
        return render(NoDraftPage(), 404)

    def subject(self) -> str | None:
        """The `sub` of the person who is signed in to this browser."""
        session = self.signed_in()
        return None if session is None else session.person.subject

    def begin(self, beginning: Beginning) -> str:
        """Begin a draft in place of what this browser has begun and not sent; the key for its cookie."""
        draft = self.draft()
        if draft is not None and not draft.is_sent:
            self.drafts.abandon(self.key())
        return self.drafts.begin(beginning)

    def with_draft(self, key: str, address: str) -> AnyResponse:
        """Go on to `address` in a browser that now has the draft of this key, until it is closed."""
        response = redirect(address, 303)
        self.web.cookies.set(response, COOKIE, key)
        return response

    def visit(self) -> Visit:
        """The sender of the present request, for limits."""
        return Visit(address=self.address(), client=self.web.forms.browser())

    @staticmethod
    def address() -> str:
        """The network address of the present request."""
        return str(request.environ.get("REMOTE_ADDR", ""))

    def network(self) -> str:
        """The network of the present request: an IPv4 /24 or an IPv6 /48."""
        return places(self.address())[1]

    def refuse_too_many(self, name: str, pace: Pace) -> None:
        """Count an act of the sender of the present request. `name` is that of the act.

        Raises:
            TooManyRequests: the address, or its network, is too quick; a browser that has waited comes first.
        """
        wait = self.throttle.admit(name, self.visit(), at_once=pace.at_once, every=pace.every)
        if wait is not None:
            raise TooManyRequests(retry_after=wait.seconds)

    def communities_of(self, draft: Draft) -> frozenset[str]:
        """The communities that the person of a draft belongs to, when they are signed in with their account."""
        session = self.signed_in()
        is_theirs = session is not None and session.person.subject == draft.request.account_subject
        return session.person.communities if session is not None and is_theirs else frozenset()

    # --- what can be asked for
    def offer(self) -> Offer | None:
        """The current offer; None when the identity provider does not answer and never has."""
        try:
            return self.offers.current()
        except OfferUnavailable:
            return None
