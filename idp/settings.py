"""The settings of the identity provider.

Those that every service has are in `config/common_settings.py`, those of cards in `card_settings.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar
from urllib.parse import urljoin, urlsplit

from config import settings_checks as checks
from config.settings_checks import is_loopback
from config.settings_reader import setting
from idp import settings_checks as own_checks
from idp.card_settings import CardSettings
from idp.settings_checks import floor_in_words, is_below_floor


class PasswordPolicyName(StrEnum):
    """The rules that a password must follow (docs/decisions, two password policies)."""

    CNIL_2022 = "cnil-2022"
    LEGACY_IDEOSSO = "legacy-ideosso"


class FirstCredential(StrEnum):
    """How the person of an accepted request gets a first password (docs/decisions, first credential by link)."""

    LINK = "link"
    MAILED = "mailed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CardSettings):
    """The settings of the identity provider."""

    environment_prefix: ClassVar[str] = "POTERNE_"

    # --- identity provider --------------------------------------------------------------
    issuer: str = setting(
        group="Identity provider",
        check=checks.origin,
        doc="The public address of the identity provider, an origin such as `https://id.example`. "
        "Every address that we write starts with it; it is never taken from a request.",
    )
    account_request_url: str = setting(
        "",
        group="Identity provider",
        check=checks.web_address,
        doc="The address of the link 'ask for an account'. Empty: the page says how to reach the help line.",
    )
    enrollment_secret_file: Path = setting(
        Path(),
        group="Identity provider",
        doc="The file that holds the secret by which enrollment calls `/api/`: one secret a line, two while it is "
        "replaced. Without it there is no such interface.",
    )

    # --- sessions and tokens -------------------------------------------------------
    session_idle: timedelta = setting(
        timedelta(minutes=30),
        group="Sessions and tokens",
        doc="A session ends when it has not been used for this long.",
    )
    session_absolute: timedelta = setting(
        timedelta(hours=4), group="Sessions and tokens", doc="A session ends at this age, even when it is used."
    )
    pending_login_lifetime: timedelta = setting(
        timedelta(minutes=20),
        group="Sessions and tokens",
        doc="A login that is not finished ends after this time; the person can extend it up to ten times.",
    )
    code_lifetime: timedelta = setting(
        timedelta(seconds=60),
        group="Sessions and tokens",
        doc="An authorization code that is not redeemed expires after this time.",
    )
    access_token_lifetime: timedelta = setting(
        timedelta(minutes=5),
        group="Sessions and tokens",
        doc="How long an access token is accepted at the UserInfo endpoint.",
    )
    id_token_lifetime: timedelta = setting(
        timedelta(minutes=5), group="Sessions and tokens", doc="How long applications may accept an ID token."
    )

    # --- single logout -------------------------------------------------------------
    logout_wait: timedelta = setting(
        timedelta(seconds=1),
        group="Single logout",
        doc="How long the logged-out page waits for the applications that are notified from server to server. Later "
        "notifications are retried.",
    )
    application_answers_within: timedelta = setting(
        timedelta(seconds=3),
        group="Single logout",
        doc="How long a request from our server to that of an application may take in all.",
    )

    # --- saml ----------------------------------------------------------------------
    saml_entity_id: str = setting(
        "",
        group="SAML",
        check=own_checks.entity_id,
        doc="The entity ID of the identity provider, an absolute URI. Empty: `{issuer}/saml/metadata`. "
        "When it changes, every service provider must be configured again.",
    )
    saml_scope: str = setting(
        "",
        group="SAML",
        check=own_checks.scope,
        doc="The domain after the `@` of `subject-id` and `pairwise-id`. Empty: the issuer's host. "
        "When it changes, service providers no longer recognize people.",
    )
    saml_assertion_lifetime: timedelta = setting(
        timedelta(minutes=5), group="SAML", doc="How long service providers may accept an assertion."
    )
    saml_artifact_lifetime: timedelta = setting(
        timedelta(minutes=1), group="SAML", doc="How long a service provider can resolve an artifact."
    )
    saml_request_lifetime: timedelta = setting(
        timedelta(minutes=5), group="SAML", doc="A request that was issued longer ago is refused."
    )
    saml_clock_skew: timedelta = setting(
        timedelta(minutes=2),
        group="SAML",
        check=checks.not_endless,
        doc="The tolerated difference between a service provider's clock and ours, in requests and in assertions.",
    )
    saml_metadata_lifetime: timedelta = setting(
        timedelta(days=7),
        group="SAML",
        doc="How long a copy of our metadata is valid, beyond the day it was made on. An application with "
        "`automatic_key_update` receives answers signed with a new key once that key has been published for longer.",
    )
    saml_metadata_ceiling: timedelta = setting(
        timedelta(days=90),
        group="SAML",
        doc="The longest validity of metadata fetched from an address or a source. Metadata that are valid for longer "
        "are refused, because an old or stolen document could be replayed for that time.",
    )

    # --- passwords -----------------------------------------------------------------
    password_policy: PasswordPolicyName = setting(
        PasswordPolicyName.CNIL_2022, group="Passwords", doc="`cnil-2022` or `legacy-ideosso`."
    )
    password_lifetime: timedelta = setting(
        timedelta(days=120),
        group="Passwords",
        doc="`legacy-ideosso` only: the age at which a password must be changed.",
    )
    password_history: int = setting(
        2, group="Passwords", doc="`legacy-ideosso` only: the number of previous passwords that are refused."
    )
    password_link_lifetime: timedelta = setting(
        timedelta(minutes=60),
        group="Passwords",
        doc="How long the e-mailed link to replace a forgotten password is valid.",
    )
    first_password: FirstCredential = setting(
        FirstCredential.LINK,
        group="Passwords",
        doc="What the letter of an accepted request brings: `link` to choose a password, or `mailed`: a random "
        "password that must be changed at the first login.",
    )
    first_password_link_lifetime: timedelta = setting(
        timedelta(hours=72),
        group="Passwords",
        doc="How long the e-mailed link to choose a first password is valid. The e-mail may arrive on a day off.",
    )
    argon2_memory: int = setting(19456, group="Passwords", doc="The memory of Argon2id, in KiB.")
    argon2_iterations: int = setting(2, group="Passwords", doc="The passes of Argon2id.")
    argon2_lanes: int = setting(1, group="Passwords", doc="The lanes of Argon2id.")
    password_hash_concurrency: int = setting(
        1,
        group="Passwords",
        doc="The number of password hashes that a worker computes at once. Hashing uses at most workers × this × "
        "`argon2_memory`.",
    )

    # --- throttling ----------------------------------------------------------------
    throttle_ceiling: timedelta = setting(
        timedelta(seconds=30),
        group="Throttling",
        doc="The longest wait that failed logins cause. The failures of other people do not lengthen it.",
    )
    failures_per_account_and_address: int = setting(
        5,
        group="Throttling",
        doc="The failed logins allowed on one account from one address; then one every 15 seconds.",
    )
    failures_per_account: int = setting(
        20,
        group="Throttling",
        doc="The failed logins allowed on one account from all addresses; then one every 15 seconds.",
    )
    failures_per_address: int = setting(
        100,
        group="Throttling",
        doc="The failed logins allowed from one address (a hospital is one) or IPv6 /64; then one every second.",
    )
    failures_per_prefix: int = setting(
        300, group="Throttling", doc="The failed logins allowed from one IPv4 /24 or IPv6 /48; then four every second."
    )
    pending_logins_per_prefix: int = setting(
        1_000,
        group="Throttling",
        doc="The number of login requests too large for a cookie, and of refusals waiting to be fetched, that are "
        "stored for one IPv4 /24 or IPv6 /48 within `pending_login_lifetime`. Other logins have no limit.",
    )

    @property
    def origin(self) -> str:
        return self.issuer

    @property
    def has_enrollment(self) -> bool:
        """Whether accounts are requested at enrollment, and not at another site."""
        return bool(self.account_request_url) and self.enrollment_secret_file != Path()

    @property
    def more_access_url(self) -> str:
        """Where a person who has an account asks for further access: a page of enrollment; "" without enrollment."""
        return urljoin(self.account_request_url, "/more") if self.has_enrollment else ""

    @property
    def renewal_url(self) -> str:
        """Where a person asks that access which ends be prolonged: a page of enrollment; "" without enrollment."""
        return urljoin(self.account_request_url, "/renew") if self.has_enrollment else ""

    @property
    def saml_name(self) -> str:
        """The SAML entity ID of the identity provider."""
        return self.saml_entity_id or f"{self.issuer}/saml/metadata"

    @property
    def saml_domain(self) -> str:
        """The scope of the SAML subject identifiers."""
        return self.saml_scope or (urlsplit(self.issuer).hostname or "")

    def contradictions(self) -> Iterator[str]:
        host = urlsplit(self.issuer).hostname or ""
        if not self.is_secure and not (self.is_development and is_loopback(host)):
            yield "issuer: must be https (http is for a loopback address in the development environment)"
        if self.is_development and not is_loopback(host):
            yield (
                "environment: development needs an issuer on this machine, such as http://localhost:8400; "
                "otherwise write recette or production"
            )
        yield from CardSettings.contradictions(self)  # `super()` does not know the class that slots=True makes
        if not self.is_development and is_below_floor(memory=self.argon2_memory, iterations=self.argon2_iterations):
            yield (
                f"argon2_memory: {self.argon2_memory} with argon2_iterations {self.argon2_iterations} is below "
                f"the minimum of OWASP; use at least {floor_in_words()}"
            )
        if self.session_idle > self.session_absolute:
            yield "session_idle: must not be longer than session_absolute"
