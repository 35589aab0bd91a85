"""The interface of a login method, and the interfaces that a method uses."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, Self

from flask import Blueprint, Response
from werkzeug.wrappers import Response as AnyResponse

from card_bridge.verification.verifier import CardVerifier
from config.encryption import KeyEncryption
from config.redis.rate_limits import RetryAfter, Throttle
from config.redis.store import Store
from config.web.forms import Problems
from idp.accounts.cards import Cards
from idp.accounts.login_failures import LoginFailures
from idp.accounts.login_throttle import Attempt, LoginThrottle
from idp.accounts.passwords.passwords import Passwords
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.unknown_cards import UnknownCards
from idp.login.browser import Browser
from idp.login.step import Step
from idp.sessions.authentication import Factor, FactorType
from idp.settings import Settings
from idp.web.application_summary import ApplicationOnPage
from idp.web.client_info import ClientInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A successful authentication by one method.

    `account_valid_from` is the account's `valid_from` at that time; a later one ends the session. `card_presence` is
    the hash by which a card says that it was pulled (`CardAssertion.presence`).
    """

    account_id: str
    login: str
    factor: Factor
    account_valid_from: datetime
    card_presence: bytes = b""


@dataclass(frozen=True, slots=True)
class NotProven:
    """A failed authentication. An unknown login, a wrong password and a disabled account give the same value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodPanel:
    """A method's panel on the sign-on page. Its template receives `page` (`SignOnPage`) and `panel`.

    `connects_to` are the origins that the panel's script calls, besides our own. The sign-on page decides `is_open`,
    and `was_used_last`: the last login in this browser was by this method.
    """

    method: str
    template: str
    connects_to: tuple[str, ...] = ()
    is_open: bool = False
    was_used_last: bool = False


class MethodServices(Protocol):
    """The services that methods are made of (`idp/container/services.py`)."""

    @property
    def login_throttle(self) -> LoginThrottle: ...
    @property
    def passwords(self) -> Passwords: ...
    @property
    def login_failures(self) -> LoginFailures: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def store(self) -> Store: ...
    @property
    def throttle(self) -> Throttle: ...
    @property
    def encryption(self) -> KeyEncryption: ...
    @property
    def cards(self) -> Cards: ...
    @property
    def unknown_cards(self) -> UnknownCards: ...
    @property
    def card_verifier(self) -> CardVerifier: ...


class MethodHost(Protocol):
    """The login pages, as a method's routes use them (`idp/login/views.py`)."""

    def with_step(self, identifier: str, go_on: Callable[[Step], AnyResponse]) -> AnyResponse:
        """Call `go_on` with the pending login, or show why it must start again."""
        ...

    @property
    def browser(self) -> Browser:
        """The browser that sent the current request."""
        ...

    def adds_to_session(self, step: Step) -> bool:
        """Whether only assurance is missing: the person of the session is to add a factor."""
        ...

    def application_of(self, identifier: str) -> ApplicationOnPage | None:
        """The application of a pending login."""
        ...

    def sign_on(
        self,
        step: Step,
        *,
        method: str,
        login: str = "",
        problems: Problems = (),
        wait: RetryAfter | None = None,
    ) -> Response:
        """The sign-on page again, with the problems of an attempt by `method`, or how long to wait."""
        ...

    def proven(self, step: Step, proof: Proof) -> AnyResponse:
        """Add the factor to the browser's session, or open a session, and return to the decision."""
        ...


class LoginMethod(ABC):
    """A login method. `factor` is what it adds to a session: the method's name, its assurance and its `amr`."""

    factor: ClassVar[FactorType]
    template: ClassVar[str]
    actions: ClassVar[tuple[str, ...]]
    """The addresses below `/login/<pending>/` that its forms are posted to. A GET of them redirects to the login."""

    @classmethod
    def is_offered(cls, _settings: Settings) -> bool:
        """Whether this installation offers it."""
        return True

    @classmethod
    @abstractmethod
    def of(cls, services: MethodServices) -> Self:
        """The method, made of an installation's services."""

    @abstractmethod
    def is_enrolled(self, account: AccountSnapshot) -> bool:
        """Whether this person can use it."""

    def panel(self, _step: Step) -> MethodPanel:
        """The method's panel on the sign-on page of this login."""
        return MethodPanel(method=self.factor.method, template=self.template)

    @abstractmethod
    def add_routes(self, blueprint: Blueprint, login: MethodHost) -> None:
        """Add the method's routes, below `/login/<pending>/`."""

    def routes_of_programs(self) -> Blueprint | None:
        """The routes that programs call, which have no pending login in a cookie; None when there are none."""
        return None


class CredentialsMethod(LoginMethod):
    """A method that needs no page: a client sends a login and a secret (HTTP Basic, RFC 7617)."""

    @abstractmethod
    def verify(
        self, attempt: Attempt, secret: str, *, application: str | None, client: ClientInfo, page: str
    ) -> Proof | NotProven | RetryAfter:
        """Verify a login and its secret. `page` names the page or endpoint that received them, for the audit trail."""
