"""A registered application, and the check of its client secret."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlencode

from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Terms
from relying_parties.registration.saml_sp import SamlServiceProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFingerprint:
    """SHA-256 of a secret. Our secrets have 256 random bits, so a slow hash would add no protection."""

    digest: str = field(repr=False)
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Terms):
    """A registered application: its terms, its identifiers, and the fingerprints of its secrets.

    `identifier` names the application everywhere in our data, in either protocol. `logo` is the digest of its logo,
    which makes the logo's address cacheable; `Registry.logo` returns the image. The registry also finds suspended
    applications, so that pages can say so: check `is_suspended`. `saml_signing_kid` is the key that signs its SAML
    responses, None for the current one.
    """

    id: str
    identifier: str
    logo: str | None
    registered_at: datetime
    amended_at: datetime
    suspended_at: datetime | None
    secrets: tuple[SecretFingerprint, ...] = field(default=(), repr=False)
    saml_signing_kid: str | None = None

    @property
    def client_id(self) -> str:
        """The identifier, as OpenID Connect calls it."""
        return self.identifier

    @property
    def oidc_client(self) -> OidcClient:
        """The OpenID Connect part, which every application from `Registry.by_client_id` has.

        Raises:
            LookupError: the application does not use OpenID Connect.
        """
        if self.oidc is None:
            raise LookupError(f"{self.name} does not use OpenID Connect")
        return self.oidc

    @property
    def saml_sp(self) -> SamlServiceProvider:
        """The SAML part, which every application from `Registry.by_entity_id` has.

        Raises:
            LookupError: the application does not use SAML.
        """
        if self.saml is None:
            raise LookupError(f"{self.name} does not use SAML")
        return self.saml

    def login_url(self, issuer: str) -> str:
        """Where people begin a login: the registered address with our `iss`, else the start page.

        OpenID Connect Core 1.0, section 4.
        """
        initiation = self.oidc.initiate_login_uri if self.oidc is not None else ""
        if not initiation:
            return self.home_url
        return f"{initiation}{'&' if '?' in initiation else '?'}{urlencode({'iss': issuer})}"

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    def verify_secret(self, secret: str) -> bool:
        """Whether `secret` is the current secret, or the previous one before its end.

        Every fingerprint is compared, each in constant time. The caller checks
        whether the application may use this authentication method.
        """
        digest = fingerprint(secret)
        now = datetime.now(UTC)
        known = False
        for candidate in self.secrets:
            matches = hmac.compare_digest(candidate.digest, digest)
            known |= matches and (candidate.good_until is None or now < candidate.good_until)
        return known


def make_secret() -> str:
    """A new secret: 256 random bits, in characters that HTTP Basic and forms do not escape."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """The fingerprint of anything that a client may send, also of text that is not valid Unicode."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
