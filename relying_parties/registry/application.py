"""An application as the registry remembers and gives it, and how it proves that it knows its secret."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Terms
from relying_parties.registration.saml_sp import SamlServiceProvider


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFingerprint:
    """SHA-256 of a secret. Ours hold 256 random bits: a slow hash would protect nothing more."""

    digest: str = field(repr=False)
    good_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Application(Terms):
    """A registered relying party: its terms, who it is to us, and its secrets' fingerprints.

    `identifier` is what everything of ours knows it by, whatever it speaks.
    `logo` is the digest of its logo, for an address that caches may keep; the
    picture itself is `Registry.logo`. A suspended application is still found, so
    that people can be told: ask `is_suspended`. `saml_signing_kid` is the key
    that its SAML answers are signed with, None for the current one.
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
        """The identifier, in OpenID Connect's word."""
        return self.identifier

    @property
    def oidc_client(self) -> OidcClient:
        """Of an application that is known to speak OpenID Connect: `Registry.by_client_id` gives no other."""
        if self.oidc is None:
            raise LookupError(f"{self.name} does not speak OpenID Connect")
        return self.oidc

    @property
    def saml_sp(self) -> SamlServiceProvider:
        """Of an application that is known to speak SAML: `Registry.by_entity_id` gives no other."""
        if self.saml is None:
            raise LookupError(f"{self.name} does not speak SAML")
        return self.saml

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    def verify_secret(self, secret: str) -> bool:
        """Whether `secret` is the current one, or the previous one while it is good.

        Every fingerprint is compared, each in constant time. Whether the
        application may use the registered method is the caller's to check.
        """
        digest = fingerprint(secret)
        now = datetime.now(UTC)
        known = False
        for candidate in self.secrets:
            matches = hmac.compare_digest(candidate.digest, digest)
            known |= matches and (candidate.good_until is None or now < candidate.good_until)
        return known


def make_secret() -> str:
    """256 bits, in characters that HTTP Basic and forms leave alone."""
    return secrets.token_urlsafe(32)


def fingerprint(secret: str) -> str:
    """Of anything a client may send, well-formed text or not."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
