"""The settings of the identity provider, beside those that every service has (`config/common_settings.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import ClassVar
from urllib.parse import urlsplit

from config import settings_checks as checks
from config.common_settings import CommonSettings
from config.settings_checks import is_loopback
from config.settings_reader import setting
from idp import settings_checks as own_checks
from idp.settings_checks import floor_in_words, is_below_floor


class PasswordPolicyName(StrEnum):
    """Which rules a password obeys (docs/decisions, two password policies)."""

    CNIL_2022 = "cnil-2022"
    LEGACY_IDEOSSO = "legacy-ideosso"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(CommonSettings):
    """Everything that an installation decides for the identity provider."""

    environment_prefix: ClassVar[str] = "POTERNE_"

    # --- identity provider --------------------------------------------------------------
    issuer: str = setting(
        group="Identity provider",
        check=checks.origin,
        doc="The public address of the identity provider, an origin such as `https://id.example`. "
        "Every address we write starts with it; it never comes from a request.",
    )
    account_request_url: str = setting(
        "",
        group="Identity provider",
        check=checks.web_address,
        doc="Where 'ask for an account' leads; empty shows how to reach the help line.",
    )
    card_announced: bool = setting(
        True,
        group="Identity provider",
        doc="Whether the sign-on page says that the CPS card is to come, until it is there.",
    )

    # --- sessions and tokens -------------------------------------------------------
    session_idle: timedelta = setting(
        timedelta(minutes=30),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="A session unused for this long has ended.",
    )
    session_absolute: timedelta = setting(
        timedelta(hours=4),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="A session ends at this age, used or not.",
    )
    pending_login_lifetime: timedelta = setting(
        timedelta(minutes=20),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="A login begun and not finished ends after this; the person can prolong it, ten times in all.",
    )
    code_lifetime: timedelta = setting(
        timedelta(seconds=60),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="An authorization code not redeemed by then is void.",
    )
    access_token_lifetime: timedelta = setting(
        timedelta(minutes=5),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="How long an access token opens userinfo.",
    )
    id_token_lifetime: timedelta = setting(
        timedelta(minutes=5),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="How long an ID token may be accepted.",
    )

    # --- single logout -------------------------------------------------------------
    logout_wait: timedelta = setting(
        timedelta(seconds=1),
        group="Single logout",
        check=checks.lasting,
        doc="How long a signed-out page waits for applications that are told by their servers; later ones are retried.",
    )
    application_answers_within: timedelta = setting(
        timedelta(seconds=3),
        group="Single logout",
        check=checks.lasting,
        doc="How long a call from our server to an application's may take in all.",
    )

    # --- saml ----------------------------------------------------------------------
    saml_entity_id: str = setting(
        "",
        group="SAML",
        check=own_checks.entity_id,
        doc="The name that service providers know us by, an absolute URI. Empty: `{issuer}/saml/metadata`. "
        "Each service provider must be told when it changes.",
    )
    saml_scope: str = setting(
        "",
        group="SAML",
        check=own_checks.scope,
        doc="The domain after the `@` of `subject-id` and `pairwise-id`. Empty: the issuer's host. "
        "People become strangers to service providers when it changes.",
    )
    saml_assertion_lifetime: timedelta = setting(
        timedelta(minutes=5), group="SAML", check=checks.lasting, doc="How long an assertion may be accepted."
    )
    saml_artifact_lifetime: timedelta = setting(
        timedelta(minutes=1),
        group="SAML",
        check=checks.lasting,
        doc="How long a service provider has to fetch what an artifact stands for.",
    )
    saml_request_lifetime: timedelta = setting(
        timedelta(minutes=5), group="SAML", check=checks.lasting, doc="A request issued longer ago is refused."
    )
    saml_clock_skew: timedelta = setting(
        timedelta(minutes=2),
        group="SAML",
        check=checks.not_endless,
        doc="How far a service provider's clock may be from ours, for its requests and for our assertions.",
    )
    saml_metadata_lifetime: timedelta = setting(
        timedelta(days=7),
        group="SAML",
        check=checks.lasting,
        doc="How long a copy of our metadata is good, beyond the day it was made on. An application that follows our "
        "metadata is answered with a new key once that key has been published for longer.",
    )
    saml_metadata_ceiling: timedelta = setting(
        timedelta(days=90),
        group="SAML",
        check=checks.lasting,
        doc="Metadata of service providers, fetched from an address or a source, are refused when they are good for "
        "longer than this: a stolen or old document could be replayed as long.",
    )

    # --- passwords -----------------------------------------------------------------
    password_policy: PasswordPolicyName = setting(
        PasswordPolicyName.CNIL_2022, group="Passwords", doc="`cnil-2022` or `legacy-ideosso`."
    )
    password_lifetime: timedelta = setting(
        timedelta(days=120),
        group="Passwords",
        check=checks.lasting,
        doc="`legacy-ideosso` only: then it must be changed.",
    )
    password_history: int = setting(
        2,
        group="Passwords",
        check=checks.positive,
        doc="`legacy-ideosso` only: how many previous passwords are refused.",
    )
    password_link_lifetime: timedelta = setting(
        timedelta(minutes=60),
        group="Passwords",
        check=checks.lasting,
        doc="How long a mailed link to replace a forgotten password is good.",
    )
    first_password_link_lifetime: timedelta = setting(
        timedelta(hours=72),
        group="Passwords",
        check=checks.lasting,
        doc="How long a mailed link to choose a first password is good: the letter may come on a day off.",
    )
    argon2_memory: int = setting(19456, group="Passwords", check=checks.positive, doc="Argon2id memory, in KiB.")
    argon2_iterations: int = setting(2, group="Passwords", check=checks.positive, doc="Argon2id passes.")
    argon2_lanes: int = setting(1, group="Passwords", check=checks.positive, doc="Argon2id lanes.")
    password_hash_concurrency: int = setting(
        1,
        group="Passwords",
        check=checks.positive,
        doc="Password hashes a worker computes at once: their memory never passes workers x this x `argon2_memory`.",
    )

    # --- throttling ----------------------------------------------------------------
    throttle_ceiling: timedelta = setting(
        timedelta(seconds=30),
        group="Throttling",
        check=checks.lasting,
        doc="The longest wait that failures can cause. Failures of others do not prolong it.",
    )
    failures_per_account_and_address: int = setting(
        5,
        group="Throttling",
        check=checks.positive,
        doc="Free failures on one account from one address; then one each 15 seconds.",
    )
    failures_per_account: int = setting(
        20,
        group="Throttling",
        check=checks.positive,
        doc="Free failures on one account from everywhere; then one each 15 seconds.",
    )
    failures_per_address: int = setting(
        100,
        group="Throttling",
        check=checks.positive,
        doc="Free failures from one address, or IPv6 /64 (a hospital is one address); then one each second.",
    )
    failures_per_prefix: int = setting(
        300,
        group="Throttling",
        check=checks.positive,
        doc="Free failures from one IPv4 /24 or IPv6 /48; then four each second.",
    )
    pending_logins_per_prefix: int = setting(
        1_000,
        group="Throttling",
        check=checks.positive,
        doc="Login requests too large for a cookie, and refusals that wait to be fetched, that are kept for one "
        "IPv4 /24 or IPv6 /48 within `pending_login_lifetime`. Other logins may be begun without limit.",
    )

    @property
    def origin(self) -> str:
        return self.issuer

    @property
    def saml_name(self) -> str:
        """Our SAML entity ID."""
        return self.saml_entity_id or f"{self.issuer}/saml/metadata"

    @property
    def saml_domain(self) -> str:
        """The scope of the subject identifiers that we give."""
        return self.saml_scope or (urlsplit(self.issuer).hostname or "")

    def contradictions(self) -> Iterator[str]:
        host = urlsplit(self.issuer).hostname or ""
        if not self.is_secure and not (self.is_development and is_loopback(host)):
            yield "issuer: must be https (http is for a loopback address in the development environment)"
        if self.is_development and not is_loopback(host):
            yield (
                "environment: development is for this machine, whose issuer is such as http://localhost:8400; "
                "write recette or production"
            )
        yield from CommonSettings.contradictions(self)  # `super()` does not know the class that slots=True makes
        if not self.is_development and is_below_floor(memory=self.argon2_memory, iterations=self.argon2_iterations):
            yield (
                f"argon2_memory: {self.argon2_memory} with argon2_iterations {self.argon2_iterations} is below "
                f"what OWASP allows; use at least {floor_in_words()}"
            )
        if self.session_idle > self.session_absolute:
            yield "session_idle: must not be longer than session_absolute"
