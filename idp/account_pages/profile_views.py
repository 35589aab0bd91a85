"""`GET /account/profile`: a person reads all that their account says of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, request
from werkzeug.wrappers import Response

from card_bridge.states import EXPIRES_SOON
from config.reference.national_ids import IdentifierType, number_of
from config.web.pages import render
from config.web.prefetch import ignore_prefetch
from config.web.web_app import WebShell
from idp.account_pages.profile_pages import AssignmentOnPage, CardOnPage, IdentifierOnPage, ProfilePage
from idp.accounts.assignments import Assignment
from idp.accounts.attributes import displayed
from idp.accounts.cards import Card, Cards
from idp.accounts.communities import Communities
from idp.accounts.contact_attributes import ContactAttributes
from idp.accounts.identifiers import Identifiers
from idp.accounts.models import IdentifierProof
from idp.accounts.person_attributes import PersonAttributes
from idp.accounts.postal_address import address_lines
from idp.accounts.snapshot import AccountSnapshot
from idp.login.flow import Answer, LoginFlow
from idp.login.internal_pages import PROFILE, InternalPages
from idp.login.start import LoginStart
from idp.sessions.session import Sessions
from idp.sessions.session_cookie import SESSION_COOKIE
from idp.web.client_info import ClientInfo
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry

_SHOWN_DIGITS = 4  # of the number of a card
_MOMENT = timedelta(microseconds=1)
MOST_LISTED = 1_000


class ProfilePages:
    """The view and what it needs."""

    def __init__(
        self,
        *,
        web: WebShell,
        sessions: Sessions,
        flow: LoginFlow,
        start: LoginStart,
        registry: Registry,
        communities: Communities,
        identifiers: Identifiers,
        cards: Cards,
        time_zone: ZoneInfo,
        renewal_url: str,
    ) -> None:
        self._web = web
        self._sessions = sessions
        self._flow = flow
        self._start = start
        self._registry = registry
        self._communities = communities
        self._identifiers = identifiers
        self._cards = cards
        self._time_zone = time_zone
        self._renewal_url = renewal_url
        self._internal = InternalPages()

    def blueprint(self) -> Blueprint:
        pages = Blueprint("profile", __name__)
        pages.get(PROFILE.path)(self._profile)
        return ignore_prefetch(pages)

    def _profile(self) -> Response:
        login_request = self._internal.read(PROFILE, datetime.now(UTC))
        active_session = self._sessions.find(self._web.cookies.read(SESSION_COOKIE))
        decision = self._flow.decide(self._internal, login_request, active_session, ClientInfo.of(request))
        if active_session is None or not isinstance(decision, Answer):
            return self._start.begin(login_request)
        self._sessions.touch(active_session.session)
        return render(self._page_of(active_session.snapshot, self._web.language()))

    def _page_of(self, snapshot: AccountSnapshot, language: str) -> ProfilePage:
        known = self._communities.all()
        communities = {each.name: each.display_name(language) for each in known}
        entitled = {
            identifier: application
            for identifier in snapshot.entitlements
            if (application := self._registry.by_identifier(identifier)) is not None
        }
        applications = {
            identifier: application.display_name.in_language(language) for identifier, application in entitled.items()
        }
        roles = {
            (identifier, role.name): role.display_name.in_language(language)
            for identifier, application in entitled.items()
            for role in (application.enrollment.roles if application.enrollment else ())
        }
        renewals = self._renewals([each.name for each in known if each.requestable], entitled.values())
        return ProfilePage(
            display_name=snapshot.display_name,
            login=snapshot.login,
            identity=displayed(snapshot, language, declared_in=PersonAttributes),
            contact=displayed(snapshot, language, declared_in=ContactAttributes),
            address=tuple(address_lines(snapshot, language)),
            is_email_verified=snapshot.email_verified,
            identifiers=tuple(self._identifiers_of(snapshot)),
            cards=tuple(self._card(each) for each in self._cards.list(login=snapshot.login)),
            communities=self._assignments(snapshot.memberships, communities, {}, renewals),
            applications=self._assignments(snapshot.entitlements, applications, roles, renewals),
            confidentiality=snapshot.confidentiality,
            closed_applications=tuple(
                application.display_name.in_language(language)
                for application in self._registry.list(limit=MOST_LISTED)
                if application.is_closed_to(snapshot.confidentiality)
            ),
        )

    def _identifiers_of(self, snapshot: AccountSnapshot) -> list[IdentifierOnPage]:
        found = []
        if snapshot.national_id is not None:
            rpps = number_of(snapshot.national_id, IdentifierType.RPPS)
            found.append(
                IdentifierOnPage(
                    name="national" if rpps is None else "rpps",
                    value=rpps or snapshot.national_id,
                    proof=snapshot.national_id_proof or IdentifierProof.TYPED,
                )
            )
        for each in self._identifiers.of(snapshot.account_id):
            proven_on = self._day(each.proven_at)
            found.append(IdentifierOnPage(name=each.kind, value=each.value, proof=each.proof, proven_on=proven_on))
        return found

    def _card(self, card: Card) -> CardOnPage:
        return CardOnPage(
            type=card.card_type,
            ending=card.number[-_SHOWN_DIGITS:],
            status=card.status,
            expires_on=card.expires_on,
            validity=self._validity(card.expires_on),
            since=self._day(card.bound_at),
            last_used_on=self._day(card.last_used_at),
            ended_on=self._day(card.ended_at),
        )

    def _validity(self, expires_on: date) -> str:
        today = datetime.now(self._time_zone).date()
        if expires_on < today:
            return "expired"
        return "expires-soon" if expires_on - today <= EXPIRES_SOON else "valid"

    def _day(self, at: datetime | None) -> date | None:
        return None if at is None else at.astimezone(self._time_zone).date()

    def _renewals(self, communities: Iterable[str], applications: Iterable[Application]) -> Mapping[str, str]:
        """Where the person asks for more time, of what can be asked for."""
        if not self._renewal_url:
            return {}
        return dict.fromkeys(communities, self._renewal_url) | {
            application.client_id: f"{self._renewal_url}?application={quote(application.client_id, safe='')}"
            for application in applications
            if application.enrollment is not None and application.enrollment.requestable
        }

    def _assignments(
        self,
        held: Mapping[str, Assignment],
        names: Mapping[str, str],
        roles: Mapping[tuple[str, str], str],
        renewals: Mapping[str, str],
    ) -> tuple[AssignmentOnPage, ...]:
        """Those whose application or community is still there, by the names that people read."""
        shown = [
            self._assignment(
                names[each],
                assignment,
                roles.get((each, assignment.role or ""), assignment.role),
                renewals.get(each, ""),
            )
            for each, assignment in held.items()
            if each in names
        ]
        return tuple(sorted(shown, key=lambda each: each.name.casefold()))

    def _assignment(self, name: str, held: Assignment, role: str | None, renewal_url: str) -> AssignmentOnPage:
        now, starts_on = datetime.now(UTC), held.starts_at.astimezone(self._time_zone).date()
        return AssignmentOnPage(
            name=name,
            since=starts_on,
            role=role,
            starts_on=starts_on if held.starts_at > now else None,
            last_day=None if held.ends_at is None else (held.ends_at - _MOMENT).astimezone(self._time_zone).date(),
            has_ended=held.has_ended(now),
            renewal_url="" if held.ends_at is None else renewal_url,
        )
