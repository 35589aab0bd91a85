"""What an application asks of us, whichever protocol it speaks, and what it may be answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from idp.accounts.accounts import AccountSnapshot
from idp.sessions.authentication import Authentication
from idp.sessions.session import Session
from idp.web.protocol_response import ProtocolResponse
from relying_parties.policy import AssuranceLevel
from relying_parties.registry.application import Application


class Refusal(StrEnum):
    """Why a login request is answered without an identity; each protocol has its own word for each."""

    LOGIN_REQUIRED = "login-required"
    CHOICE_REQUIRED = "choice-required"
    INTERACTION_REQUIRED = "interaction-required"
    ENTRY_REFUSED = "entry-refused"
    ASSURANCE_UNREACHABLE = "assurance-unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest:
    """A request to log someone in, read and verified: its return address is registered.

    `application` is None for an internal page. `sector` says which of the person's subjects the
    application knows; when `expected_subjects` is given, the person must be one of them.
    `required_role` is the role that an internal page needs.
    """

    protocol: str
    received_at: datetime
    application: Application | None
    sector: str = ""
    passive: bool = False
    force_authn: bool = False
    select_account: bool = False
    max_age: timedelta | None = None
    wished_assurance: AssuranceLevel | None = None
    essential_assurance: AssuranceLevel | None = None
    expected_subjects: frozenset[str] | None = None
    required_role: str | None = None
    login_hint: str = ""
    languages: tuple[str, ...] = ()

    def serialized(self) -> str:
        """The request as a pending login keeps it, for `LoginProtocol.reload`."""
        raise NotImplementedError

    @property
    def required_assurance(self) -> AssuranceLevel:
        """The least that opens: what the application declared, or what this request insists on."""
        declared = self.application.lowest_assurance if self.application else AssuranceLevel.PASSWORD
        return max(declared, self.essential_assurance or declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The person and session an application is answered with; every requirement is met.

    `authentication` holds the factors of the session that are recent enough for the request.
    """

    snapshot: AccountSnapshot
    session: Session
    authentication: Authentication
    subject: str


class LoginProtocol(Protocol):
    """How a protocol takes part in a login: `oidc`, `saml`, and our own pages."""

    name: str

    def reload(self, serialized: str, received_at: datetime) -> LoginRequest | None:
        """The request of a pending login (`LoginRequest.serialized`), or None when it would be refused now.

        An application may have been suspended meanwhile, or an address removed from its registration.
        """
        ...

    def answer(self, request: LoginRequest, sign_in: SignIn) -> ProtocolResponse | None:
        """What takes the person back with their identity; None when the session has just ended."""
        ...

    def session_name(self, request: LoginRequest, session: Session) -> str:
        """The name by which the application knows the session: a `sid`, a SessionIndex."""
        ...

    def revoke(self, request: LoginRequest) -> None:
        """What `answer` gave does not leave after all, and the same request may be answered again."""
        ...

    def refuse(self, request: LoginRequest, refusal: Refusal) -> ProtocolResponse:
        """What takes the person back with the protocol's word for `refusal`."""
        ...
