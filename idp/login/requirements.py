"""The requirements of a login: what must be true before an application is answered.

Each requirement checks the state of the login. The first one that is not met decides the page or, for a passive
request (`prompt=none`, IsPassive), the refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from idp.accounts.snapshot import AccountSnapshot
from idp.login.methods.offered import LoginMethods
from idp.login.request import LoginRequest, Refusal
from idp.sessions.authentication import PASSWORD_REFERENCE, SMART_CARD, Authentication, Factor
from idp.sessions.session import Session
from relying_parties.policy import AccessRule, AssuranceLevel, CardRemoval
from relying_parties.registry.application import Application

CLOCKS_DIFFER = timedelta(seconds=10)  # at most, between the machines of one installation


class UnmetRequirement(StrEnum):
    """A requirement that a login does not meet. Each has a page (`step_pages.py`) and a refusal."""

    AUTHENTICATION = "authentication"
    RECENT = "recent"
    SAME_PERSON = "same-person"
    IDENTITY_CONFIRMATION = "identity-confirmation"
    ASSURANCE = "assurance"
    REACHABLE_ASSURANCE = "reachable-assurance"
    CURRENT_PASSWORD = "current-password"  # noqa: S105 - a requirement's name
    CONDITIONS = "conditions"
    ENTRY = "entry"

    @property
    def refusal(self) -> Refusal:
        """The refusal of a passive request."""
        return _REFUSALS[self]


_REFUSALS = {
    UnmetRequirement.AUTHENTICATION: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.RECENT: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.SAME_PERSON: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.IDENTITY_CONFIRMATION: Refusal.CHOICE_REQUIRED,
    UnmetRequirement.ASSURANCE: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.REACHABLE_ASSURANCE: Refusal.ASSURANCE_UNREACHABLE,
    UnmetRequirement.CURRENT_PASSWORD: Refusal.INTERACTION_REQUIRED,
    UnmetRequirement.CONDITIONS: Refusal.INTERACTION_REQUIRED,
    UnmetRequirement.ENTRY: Refusal.ENTRY_REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginState:
    """The state of a login, which requirements check.

    `authentication` holds the factors that are recent enough for the request (`recent_factors`).
    `assurance_declined`: the person of the session has chosen, in this login, to go on without voluntary assurance.
    `conditions_version` is the version of the conditions of use to accept, None where there are none.
    `flow_id` identifies the login flow; it is None for a request that is answered without one.
    """

    request: LoginRequest
    session: Session | None
    snapshot: AccountSnapshot | None
    authentication: Authentication | None
    subject: str | None
    flow_id: str | None
    identity_confirmed: bool
    assurance_declined: bool
    password_must_change: bool
    conditions_version: str | None
    methods: LoginMethods
    now: datetime


Requirement = Callable[[LoginState], UnmetRequirement | None]


def assurance_is_reachable(state: LoginState) -> UnmetRequirement | None:
    """The login methods of this installation reach the assurance that the application requires."""
    return None if state.methods.can_reach(state.request.required_assurance) else UnmetRequirement.REACHABLE_ASSURANCE


def person_is_authenticated(state: LoginState) -> UnmetRequirement | None:
    return UnmetRequirement.AUTHENTICATION if state.session is None or state.snapshot is None else None


def authentication_is_recent(state: LoginState) -> UnmetRequirement | None:
    """OpenID Connect Core 1.0, section 3.1.2.1: `prompt=login` and `max_age`; SAML Core section 3.4.1: ForceAuthn."""
    return UnmetRequirement.RECENT if state.authentication is None else None


def person_is_the_expected_one(state: LoginState) -> UnmetRequirement | None:
    """OpenID Connect Core 1.0, sections 3.1.2.1 (`id_token_hint`) and 5.5.1 (`sub`)."""
    expected = state.request.expected_subjects
    return UnmetRequirement.SAME_PERSON if expected is not None and state.subject not in expected else None


def assurance_is_high_enough(state: LoginState) -> UnmetRequirement | None:
    """The session reaches the required assurance, and the voluntary one unless this person cannot or declines.

    A passive request is answered without the voluntary one, which would need a page (OpenID Connect Core 1.0, section
    5.5.1.1: "SHOULD return the session's current acr").
    """
    assert state.authentication is not None  # noqa: S101 - `authentication_is_recent` comes before
    assert state.session is not None  # noqa: S101
    assert state.snapshot is not None  # noqa: S101
    missing = missing_assurance(state.request, state.authentication)
    if missing is None:
        return None
    is_reachable = state.methods.account_can_reach(state.snapshot, state.session.authentication, missing)
    if missing <= state.request.required_assurance:
        return UnmetRequirement.ASSURANCE if is_reachable else UnmetRequirement.REACHABLE_ASSURANCE
    is_wanted = is_reachable and not state.assurance_declined and not state.request.passive
    return UnmetRequirement.ASSURANCE if is_wanted else None


def password_is_current(state: LoginState) -> UnmetRequirement | None:
    """The password of the account need not be changed. A person who did not use it, but a card, is not asked."""
    assert state.session is not None  # noqa: S101 - `person_is_authenticated` comes before
    used_it = PASSWORD_REFERENCE in state.session.authentication.amr
    return UnmetRequirement.CURRENT_PASSWORD if used_it and state.password_must_change else None


def conditions_are_accepted(state: LoginState) -> UnmetRequirement | None:
    """The person has accepted the current version of the conditions of use."""
    assert state.snapshot is not None  # noqa: S101
    accepted, current = state.snapshot.conditions, state.conditions_version
    if current is None or (accepted is not None and accepted.version == current):
        return None
    return UnmetRequirement.CONDITIONS


def person_may_enter(state: LoginState) -> UnmetRequirement | None:
    """The application's access rule (`may_enter`), or the role that an internal page needs."""
    assert state.snapshot is not None  # noqa: S101
    application, role = state.request.application, state.request.required_role
    if role is not None and not state.snapshot.holds(role):
        return UnmetRequirement.ENTRY
    return None if application is None or may_enter(state.snapshot, application, state.now) else UnmetRequirement.ENTRY


def identity_is_confirmed(state: LoginState) -> UnmetRequirement | None:
    """The person has confirmed their identity before a session is reused, where the application or its request asks.

    A shared computer may have another person's session.
    """
    assert state.session is not None  # noqa: S101
    request = state.request
    is_needed = request.select_account or (request.application is not None and request.application.confirm_identity)
    logged_in_here = state.session.authentication.achieved_in(state.flow_id)
    return (
        None if state.identity_confirmed or logged_in_here or not is_needed else UnmetRequirement.IDENTITY_CONFIRMATION
    )


def missing_assurance(request: LoginRequest, achieved: Authentication) -> AssuranceLevel | None:
    """The assurance that `achieved` does not reach: the required one, else the voluntary one; None when none."""
    wanted = (request.required_assurance, request.voluntary_assurance)
    return next((level for level in wanted if level is not None and achieved.assurance < level), None)


def recent_factors(session: Session, request: LoginRequest, *, flow_id: str | None) -> Authentication | None:
    """The factors of the session that count for `request`; None when they reach no assurance."""
    present = present_factors(session, request.application)
    if present is None or (not request.force_authn and request.max_age is None):
        return present
    return present.among(lambda factor: _is_recent(factor, request, flow_id))


def present_factors(session: Session, application: Application | None) -> Authentication | None:
    """The factors of the session that this application accepts.

    A card does not count that was pulled, where the application demands that it stays, or that was accepted by a
    longer grace than the application gives.
    """
    return session.authentication.among(
        lambda factor: _is_present(factor, session, application) and _is_within_grace(factor, application)
    )


def _is_present(factor: Factor, session: Session, application: Application | None) -> bool:
    removed_at = session.card_removed_at
    if removed_at is None or application is None or application.card_removal is CardRemoval.KEEP:
        return True
    return SMART_CARD not in factor.type.amr or factor.at > removed_at


def _is_within_grace(factor: Factor, application: Application | None) -> bool:
    if factor.revocation_ended_at is None:
        return True
    grace = timedelta() if application is None else application.card_revocation_grace
    return factor.at <= factor.revocation_ended_at + grace


def _is_recent(factor: Factor, request: LoginRequest, flow_id: str | None) -> bool:
    """Whether `factor` was achieved in this login, or within the request's `max_age` before it.

    A factor achieved in another login flow since this one began does not count: on a shared computer it may be
    another person's.
    """
    if factor.achieved_in(flow_id):
        return True
    if request.force_authn or request.max_age is None:
        return not request.force_authn
    if factor.at > datetime.now(UTC) + CLOCKS_DIFFER:
        return False  # the clock was set back since: the factor's age is not known
    age = request.received_at - factor.at
    is_of_another_flow = flow_id is not None and age < timedelta(0)
    return not is_of_another_flow and age <= request.max_age


def may_enter(snapshot: AccountSnapshot, application: Application, now: datetime) -> bool:
    """Whether the application admits the account now: its confidentiality level and its access rule.

    Each use of a token checks it again.
    """
    if application.is_closed_to(snapshot.confidentiality):
        return False
    return application.entry is AccessRule.EVERYONE or snapshot.may_use(application.identifier, now)


def entry_ends_at(snapshot: AccountSnapshot, application: Application) -> datetime | None:
    """When a person who may enter now will no longer; None when no end is known."""
    if application.entry is AccessRule.EVERYONE:
        return None
    entitlement = snapshot.entitlements.get(application.identifier)
    return None if entitlement is None else entitlement.ends_at


REQUIREMENTS: tuple[Requirement, ...] = (
    assurance_is_reachable,
    person_is_authenticated,
    authentication_is_recent,
    person_is_the_expected_one,
    assurance_is_high_enough,
    password_is_current,
    identity_is_confirmed,
    conditions_are_accepted,
    person_may_enter,
)
