"""The card as a login method: its panel, what its forms are posted to, and the way back from the other doors.

POST /login/<pending>/card/challenge    a challenge for the card, as JSON, for the page's script
POST /login/<pending>/card              the assertion that the card software gave to the script
POST /login/<pending>/card/ticket       a ticket for another door, then the page of the door
GET  /login/<pending>/card/software     the page that leads to the card software
GET  /login/<pending>/card/browser      the page that leads to the host name that asks for the certificate
GET  /login/<pending>/card/return       back from there, with a handle
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from flask import Blueprint, jsonify, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from card_bridge.assertion import LARGEST_ASSERTION, LONGEST_NONCE, Purpose
from card_bridge.verification.challenges import Challenges
from card_bridge.verification.hand_offs import (
    Door,
    Handed,
    HandOffs,
    SignedChallenge,
    Ticket,
    admit_ticket,
    tls_label,
)
from card_bridge.verification.software import card_software_blueprint, software_addresses, software_origins
from config.redis.rate_limits import RetryAfter, Throttle
from config.web.forms import FormProblems, form_field, read_form
from config.web.pages import Page, render
from config.web.responses import see_other
from idp.accounts.card_models import CardStatus
from idp.accounts.cards import Cards
from idp.accounts.login_failures import CardLoginRefusal
from idp.accounts.models import IdentifierProof
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.unknown_cards import UnknownCards
from idp.login.methods.base import LoginMethod, MethodHost, MethodServices, Proof
from idp.login.methods.card.factor import CARD
from idp.login.methods.card.pages import CardByBrowserPage, CardLoginRefusedPage, CardPanel, CardSoftwarePage
from idp.login.methods.card.proof import CardProofs, Presented, Refused
from idp.login.pending import application_of
from idp.login.pending_cookies import link_to, path_of
from idp.login.step import Step
from idp.settings import Settings
from idp.web.client_info import ClientInfo

REFUSALS_WITH_A_PAGE: Final = frozenset(
    {
        CardLoginRefusal.UNKNOWN_CARD,
        CardLoginRefusal.OPERATOR_NEEDED,
        CardLoginRefusal.ANOTHER_PERSON,
        CardLoginRefusal.ACCOUNT_DISABLED,
        CardLoginRefusal.CARD_ENDED,
    }
)
"""The refusals of a card that was believed: they have a page of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionForm:
    assertion: str = form_field(longest=LARGEST_ASSERTION)
    nonce: str = form_field(longest=LONGEST_NONCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketForm:
    door: str = form_field(longest=16)


class CardMethod(LoginMethod):
    """Authenticates a person by a professional card and its PIN."""

    factor = CARD
    template = "login/methods/card.html"
    actions = ("card", "card/challenge", "card/ticket")

    def __init__(
        self,
        *,
        proofs: CardProofs,
        challenges: Challenges,
        hand_offs: HandOffs,
        throttle: Throttle,
        cards: Cards,
        unknown_cards: UnknownCards,
        settings: Settings,
    ) -> None:
        self._proofs = proofs
        self._challenges = challenges
        self._hand_offs = hand_offs
        self._throttle = throttle
        self._cards = cards
        self._unknown_cards = unknown_cards
        self._origin = settings.origin
        self._ports = settings.card_bridge_ports
        self._tls_domain = settings.card_tls_domain
        self._has_enrollment = settings.has_enrollment

    @classmethod
    def is_offered(cls, settings: Settings) -> bool:
        return settings.card_offered

    @classmethod
    def of(cls, services: MethodServices) -> Self:
        settings, challenges = services.settings, Challenges.of(services.encryption)
        proofs = CardProofs(
            verifier=services.card_verifier,
            cards=services.cards,
            challenges=challenges,
            store=services.store,
            throttle=services.login_throttle,
            failures=services.login_failures,
            origin=settings.origin,
        )
        return cls(
            proofs=proofs,
            challenges=challenges,
            hand_offs=HandOffs(services.store),
            throttle=services.throttle,
            cards=services.cards,
            unknown_cards=services.unknown_cards,
            settings=settings,
        )

    def is_enrolled(self, account: AccountSnapshot) -> bool:
        """Whether the account has a card, or has proved the national identifier by which its first card binds."""
        if account.national_id is not None and account.national_id_proof is not IdentifierProof.TYPED:
            return True
        return bool(self._cards.list(login=account.login, status=CardStatus.BOUND))

    def panel(self, _step: Step) -> CardPanel:
        return CardPanel(
            method=CARD.method,
            template=self.template,
            connects_to=software_origins(self._ports),
            ports=self._ports,
            by_browser=bool(self._tls_domain),
        )

    def routes_of_programs(self) -> Blueprint:
        return card_software_blueprint(self._hand_offs, self._challenges, origin=self._origin)

    def add_routes(self, blueprint: Blueprint, login: MethodHost) -> None:
        @blueprint.post("/<pending>/card/challenge")
        def challenge(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._challenge(step, login))

        @blueprint.post("/<pending>/card")
        def by_card(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._submitted(step, login))

        @blueprint.post("/<pending>/card/ticket")
        def ticket(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._ticket(step, login))

        @blueprint.get("/<pending>/card/software")
        def by_software(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._door(step, login, Door.SOFTWARE))

        @blueprint.get("/<pending>/card/browser")
        def by_browser(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._door(step, login, Door.TLS))

        @blueprint.get("/<pending>/card/return")
        def back(pending: str) -> AnyResponse:
            return login.with_step(pending, lambda step: self._returned(step, login))

    # --- the page's script -------------------------------------------------------------

    def _challenge(self, step: Step, login: MethodHost) -> AnyResponse:
        purpose = _purpose(step, login)
        nonce = self._challenges.new(purpose, bound_to=step.pending.flow_id, now=datetime.now(UTC))
        return jsonify(purpose=purpose.value, nonce=nonce)

    def _submitted(self, step: Step, login: MethodHost) -> AnyResponse:
        form = read_form(AssertionForm)
        if isinstance(form, FormProblems):
            return self._refused(step, login, Refused(reason=CardLoginRefusal.UNREADABLE))
        return self._prove(
            step, login, Handed(evidence=SignedChallenge(form.assertion, form.nonce), purpose=_purpose(step, login))
        )

    # --- the other doors ---------------------------------------------------------------

    def _ticket(self, step: Step, login: MethodHost) -> AnyResponse:
        form = read_form(TicketForm)
        if isinstance(form, FormProblems) or form.door not in self._doors():
            return see_other(path_of(step.pending.identifier))
        visit = login.browser.visit()
        if wait := admit_ticket(self._throttle, visit):
            return login.sign_on(step, method=CARD.method, wait=wait)
        application = login.application_of(step.pending.identifier)
        path = f"{link_to(step.pending.identifier)}/card"
        ticket = Ticket(
            door=Door(form.door),
            bound_to=step.pending.flow_id,
            purpose=_purpose(step, login),
            application=application.name if application else "",
            return_path=f"{path}/return",
        )
        token = self._hand_offs.make_ticket(ticket, browser=visit.client)
        page = "software" if ticket.door is Door.SOFTWARE else "browser"
        return redirect(f"{path}/{page}?ticket={token}", 303)

    def _doors(self) -> tuple[Door, ...]:
        return (Door.SOFTWARE, Door.TLS) if self._tls_domain else (Door.SOFTWARE,)

    def _door(self, step: Step, login: MethodHost, door: Door) -> AnyResponse:
        token = request.args.get("ticket", "")
        found = self._hand_offs.find(token, door)
        if found is None or found.bound_to != step.pending.flow_id:
            return see_other(path_of(step.pending.identifier))
        application, pending = login.application_of(step.pending.identifier), step.pending.identifier
        page: Page
        if door is Door.SOFTWARE:
            addresses = software_addresses(self._ports, issuer=self._origin, ticket=token)
            page = CardSoftwarePage(pending=pending, application=application, addresses=addresses)
        else:
            address = f"https://{tls_label(token)}.{self._tls_domain}/card/tls/{token}"
            page = CardByBrowserPage(pending=pending, application=application, address=address)
        return render(page, language=" ".join(step.request.languages))

    def _returned(self, step: Step, login: MethodHost) -> AnyResponse:
        """Back from another door. A handle of another login, or of another browser, is not found."""
        handle = request.args.get("handle", "")
        if not handle:
            return login.sign_on(step, method=CARD.method, problems=(("card", "card.not-shown"),))
        handed = self._hand_offs.take(handle, bound_to=step.pending.flow_id, browser=login.browser.visit().client)
        if handed is None or handed.purpose is not _purpose(step, login):
            return self._refused(step, login, Refused(reason=CardLoginRefusal.CHALLENGE))
        return self._prove(step, login, handed)

    # --- the decision ------------------------------------------------------------------

    def _prove(self, step: Step, login: MethodHost, handed: Handed) -> AnyResponse:
        session, application = step.active_session, step.request.application
        adds_to = session.session.account_id if session and handed.purpose is Purpose.STEP_UP else None
        presented = Presented(
            handed=handed,
            flow_id=step.pending.flow_id,
            application=application_of(step.pending.identifier),
            grace=application.card_revocation_grace if application else timedelta(),
            client=ClientInfo.of(request),
            browser=login.browser.visit().client,
            expected_account=adds_to,
        )
        match self._proofs.prove(presented):
            case Proof() as proof:
                return login.proven(step, proof)
            case RetryAfter() as wait:
                return login.sign_on(step, method=CARD.method, wait=wait)
            case Refused() as refused:
                return self._refused(step, login, refused)

    def _refused(self, step: Step, login: MethodHost, refused: Refused) -> AnyResponse:
        if refused.identity is None or refused.reason not in REFUSALS_WITH_A_PAGE:
            return login.sign_on(step, method=CARD.method, problems=(("card", f"card.{refused.reason}"),))
        page = CardLoginRefusedPage(
            reason=refused.reason,
            holder=f"{refused.identity.given_name} {refused.identity.family_name}".strip(),
            token=self._remember(refused, login),
            pending=step.pending.identifier,
            application=login.application_of(step.pending.identifier),
        )
        return render(page, 403, " ".join(step.request.languages))

    def _remember(self, refused: Refused, login: MethodHost) -> str:
        """Keep an unknown card for enrollment; the token of its page, "" where it is not kept.

        A grace is an application's: enrollment has none, and has the card of this person read again.
        """
        identity, browser = refused.identity, login.browser.state()
        is_unknown = refused.reason is CardLoginRefusal.UNKNOWN_CARD
        if not (self._has_enrollment and is_unknown and identity and browser) or identity.revocation_ended_at:
            return ""
        return self._unknown_cards.remember(identity, browser=browser)


def _purpose(step: Step, login: MethodHost) -> Purpose:
    return Purpose.STEP_UP if login.adds_to_session(step) else Purpose.LOGIN
