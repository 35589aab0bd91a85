"""The interface of a login protocol: its requests, its answers and its refusals, in terms of neither protocol."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from idp.accounts.snapshot import AccountSnapshot
from idp.sessions.authentication import Authentication
from idp.sessions.session import Session
from idp.web.protocol_response import ProtocolResponse
from relying_parties.policy import AssuranceLevel
from relying_parties.registry.application import Application


class Refusal(StrEnum):
    """Why a login request is refused. Each protocol maps these to its own error codes."""

    LOGIN_REQUIRED = "login-required"
    CHOICE_REQUIRED = "choice-required"
    INTERACTION_REQUIRED = "interaction-required"
    ENTRY_REFUSED = "entry-refused"
    ASSURANCE_UNREACHABLE = "assurance-unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRequest(ABC):
    """A request for a login, read and verified: its return address is registered.

    `application` is None for an internal page. `sector` selects the person's subject identifier for the application.
    The person's must be one of `expected_subjects`, unless that is None. `required_role` is the operator role that an
    internal page needs. `essential_assurance` must be reached; `voluntary_assurance` is reached if the person can
    and does not decline (OpenID Connect Core 1.0, section 5.5.1.1).
    """

    protocol: str
    received_at: datetime
    application: Application | None
    sector: str = ""
    passive: bool = False
    force_authn: bool = False
    select_account: bool = False
    max_age: timedelta | None = None
    voluntary_assurance: AssuranceLevel | None = None
    essential_assurance: AssuranceLevel | None = None
    expected_subjects: frozenset[str] | None = None
    required_role: str | None = None
    login_hint: str = ""
    languages: tuple[str, ...] = ()

    @abstractmethod
    def serialized(self) -> str:
        """The request as text, for a pending login to keep and `LoginProtocol.reload` to read."""

    @property
    def required_assurance(self) -> AssuranceLevel:
        """The lowest assurance that suffices: the higher of what the application and this request require."""
        declared = self.application.lowest_assurance if self.application else AssuranceLevel.PASSWORD
        return max(declared, self.essential_assurance or declared)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The person and the session of an answer; every requirement is met.

    `authentication` holds the factors of the session that are recent enough for the request. `subject` is the
    person's subject identifier for the application, `session_name` what the application calls the session.
    """

    snapshot: AccountSnapshot
    session: Session
    authentication: Authentication
    subject: str
    session_name: str


class LoginProtocol(Protocol):
    """How a protocol takes part in a login: `oidc`, `saml`, and `internal` for our own pages."""

    name: str

    def reload(self, serialized: str, received_at: datetime) -> LoginRequest | None:
        """The request that `LoginRequest.serialized` wrote, or None when it would be refused now.

        The application may have been suspended since, or an address removed from its registration.
        """
        ...

    def answer(self, request: LoginRequest, sign_in: SignIn) -> ProtocolResponse | None:
        """The response with the person's identity; None when the session has just ended."""
        ...

    def session_name(self, request: LoginRequest, session: Session) -> str:
        """The application's own name for the session: a `sid` or a SessionIndex."""
        ...

    def revoke(self, request: LoginRequest) -> None:
        """Undo `answer`, whose response will not be sent: the same request may be answered again."""
        ...

    def refuse(self, request: LoginRequest, refusal: Refusal) -> ProtocolResponse:
        """The error response for `refusal`."""
        ...
