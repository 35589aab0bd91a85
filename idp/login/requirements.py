"""What must be true before an application is answered: a list of named requirements.

Each looks at where a login stands and says what is missing, or nothing. The
first one not met decides the page; `prompt=none` gets the refusal instead.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from idp.accounts.accounts import AccountSnapshot
from idp.login.request import LoginRequest, Refusal
from idp.sessions.authentication import Authentication
from idp.sessions.session import Session
from relying_parties.policy import AccessRule, AssuranceLevel
from relying_parties.registry.application import Application

CLOCKS_DIFFER = timedelta(seconds=10)
"""At most, between the machines of one installation."""


class UnmetRequirement(StrEnum):
    """What a login still lacks; the name by which a page is shown."""

    AUTHENTICATION = "someone"
    RECENT = "recent"
    SAME_PERSON = "same-person"
    IDENTITY_CONFIRMATION = "recognition"
    ASSURANCE = "assurance"
    REACHABLE_ASSURANCE = "reachable-assurance"
    CURRENT_PASSWORD = "current-password"  # noqa: S105 - a requirement's name
    ENTRY = "entry"

    @property
    def refusal(self) -> Refusal:
        """What an application that asked for no page is told instead."""
        return _REFUSALS[self]


_REFUSALS = {
    UnmetRequirement.AUTHENTICATION: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.RECENT: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.SAME_PERSON: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.IDENTITY_CONFIRMATION: Refusal.CHOICE_REQUIRED,
    UnmetRequirement.ASSURANCE: Refusal.LOGIN_REQUIRED,
    UnmetRequirement.REACHABLE_ASSURANCE: Refusal.ASSURANCE_UNREACHABLE,
    UnmetRequirement.CURRENT_PASSWORD: Refusal.INTERACTION_REQUIRED,
    UnmetRequirement.ENTRY: Refusal.ENTRY_REFUSED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginState:
    """Where a login stands: all that a requirement may look at.

    `occasion` names the pending login; None for a request that is answered as soon as it comes.
    """

    request: LoginRequest
    session: Session | None
    snapshot: AccountSnapshot | None
    subject: str | None
    occasion: str | None
    recognised: bool
    password_must_change: bool
    reachable_levels: Collection[AssuranceLevel]


Requirement = Callable[[LoginState], UnmetRequirement | None]


def assurance_is_reachable(situation: LoginState) -> UnmetRequirement | None:
    """An enabled login method reaches what the application insists on."""
    if any(offered >= situation.request.required_assurance for offered in situation.reachable_levels):
        return None
    return UnmetRequirement.REACHABLE_ASSURANCE


def someone_is_identified(situation: LoginState) -> UnmetRequirement | None:
    return UnmetRequirement.AUTHENTICATION if situation.session is None or situation.snapshot is None else None


def authentication_is_recent(situation: LoginState) -> UnmetRequirement | None:
    """OpenID Connect Core 1.0, section 3.1.2.1: `prompt=login` and `max_age`."""
    assert situation.session is not None  # noqa: S101 - `someone_is_identified` comes before
    authentication = situation.session.authentication
    accepted = accepts(situation.request, authentication, occasion=situation.occasion)
    return None if accepted else UnmetRequirement.RECENT


def accepts(request: LoginRequest, authentication: Authentication, *, occasion: str | None = None) -> bool:
    """Whether `authentication` is recent enough for `request`, without asking again.

    OpenID Connect Core 1.0, section 3.1.2.1, `prompt` and `max_age`; SAML Core section 3.4.1,
    ForceAuthn. `occasion` names the pending login that is to be answered, if there is one. On a
    shared computer another person may have logged in since it began: an authentication counts
    that took place in it, and where the request accepts an earlier one, one of before it began.
    """
    if authentication.took_place_in(occasion):
        return True
    if request.force_authn:
        return False
    if request.max_age is None:
        return True
    if authentication.at > datetime.now(UTC) + CLOCKS_DIFFER:
        return False  # from before the clock was set back: nobody knows its age
    age = request.received_at - authentication.at
    is_of_another_login = occasion is not None and age < timedelta(0)
    return not is_of_another_login and age <= request.max_age


def person_is_the_expected_one(situation: LoginState) -> UnmetRequirement | None:
    """OpenID Connect Core 1.0, sections 3.1.2.1 (`id_token_hint`) and 5.5.1 (`sub`)."""
    expected = situation.request.expected_subjects
    return UnmetRequirement.SAME_PERSON if expected is not None and situation.subject not in expected else None


def assurance_is_high_enough(situation: LoginState) -> UnmetRequirement | None:
    """What was declared or insisted on, and what was merely wished for when a method reaches it."""
    assert situation.session is not None  # noqa: S101
    achieved = situation.session.authentication.assurance
    if achieved < situation.request.required_assurance:
        return UnmetRequirement.ASSURANCE
    wished = situation.request.wished_assurance
    if wished is not None and achieved < wished and any(offered >= wished for offered in situation.reachable_levels):
        return UnmetRequirement.ASSURANCE
    return None


def password_is_current(situation: LoginState) -> UnmetRequirement | None:
    return UnmetRequirement.CURRENT_PASSWORD if situation.password_must_change else None


def person_may_enter(situation: LoginState) -> UnmetRequirement | None:
    """The application's own rule, `may_enter`; our own pages have none."""
    application, snapshot = situation.request.application, situation.snapshot
    if application is None:
        return None
    assert snapshot is not None  # noqa: S101
    return None if may_enter(snapshot, application) else UnmetRequirement.ENTRY


def person_is_recognised(situation: LoginState) -> UnmetRequirement | None:
    """On a shared computer: the name is shown before a session is reused, where that is asked for."""
    assert situation.session is not None  # noqa: S101
    request = situation.request
    asked = request.select_account or (request.application is not None and request.application.confirm_identity)
    logged_in_here = situation.session.authentication.took_place_in(situation.occasion)
    return None if situation.recognised or logged_in_here or not asked else UnmetRequirement.IDENTITY_CONFIRMATION


def may_enter(snapshot: AccountSnapshot, application: Application) -> bool:
    """Everyone with an account, or the people entitled to it; also asked each time a token is used."""
    return application.entry is AccessRule.EVERYONE or application.identifier in snapshot.entitlements


REQUIREMENTS: tuple[Requirement, ...] = (
    assurance_is_reachable,
    someone_is_identified,
    authentication_is_recent,
    person_is_the_expected_one,
    assurance_is_high_enough,
    password_is_current,
    person_is_recognised,
    person_may_enter,
)
