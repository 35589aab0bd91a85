"""The signing keys in memory: algorithms, states, and the key ring that signs and publishes.

Keys are published before they sign, and as long as messages that they signed must verify. In OpenID Connect the current
key signs. A SAML application is answered with the key that it is pinned to (`sp_key_pins.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from joserfc.jwk import ECKey, KeySet, RSAKey

from idp.keys.certificates import KeyType, SigningIdentity

SignatureKey = RSAKey | ECKey


class Algorithm(StrEnum):
    """The algorithms that we sign with (RFC 7518 section 3.1). No other algorithm is accepted."""

    RS256 = "RS256"
    ES256 = "ES256"

    @property
    def key_type(self) -> KeyType:
        return "rsa" if self is Algorithm.RS256 else "ec"


class KeyState(StrEnum):
    """The state of a key, in the order in which a key goes through them."""

    NEXT = "next"  # published, does not sign yet
    CURRENT = "current"
    PREVIOUS = "previous"  # verifies, and may still sign for SAML applications that are pinned to it


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifiedKey:
    """A key with its certificate, and its state."""

    state: KeyState
    identity: SigningIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInUse:
    """The keys that SAML applications are pinned to, and whether any application is answered with ECDSA."""

    kids: frozenset[str] = frozenset()
    with_ec: bool = False


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys at one moment: one that signs for each algorithm, and all that verify."""

    signing: Mapping[Algorithm, SignatureKey]
    published: KeySet
    certified: tuple[CertifiedKey, ...] = ()

    def saml_identity(self, kid: str | None, algorithm: str) -> SigningIdentity:
        """The key that signs by `algorithm` ("rsa-sha256", "ecdsa-sha256"...) for an application pinned to `kid`.

        It is the current key if the application is not pinned, if its key was removed (the application was then moved
        to the current key), or if its key is of another type (its algorithm was changed since).
        """
        key_type: KeyType = "ec" if algorithm.startswith("ecdsa") else "rsa"
        of_type = [key for key in self.certified if key.identity.key_type == key_type]
        for key in of_type:
            if key.identity.kid == kid:
                return key.identity
        return next(key.identity for key in of_type if key.state is KeyState.CURRENT)

    def published_for_saml(self, in_use: KeysInUse) -> tuple[CertifiedKey, ...]:
        """The keys in our metadata: current, next, and previous while an application uses it; RSA before EC.

        EC keys are published only if an application has registered for ECDSA, because
        some service providers refuse a whole metadata document that has one.
        """
        order = (KeyState.CURRENT, KeyState.NEXT, KeyState.PREVIOUS)
        return tuple(
            key
            for key_type in (("rsa", "ec") if in_use.with_ec else ("rsa",))
            for state in order
            for key in self.certified
            if (key.identity.key_type, key.state) == (key_type, state)
            and (state is not KeyState.PREVIOUS or key.identity.kid in in_use.kids)
        )

    @property
    def decryption_keys(self) -> tuple[SigningIdentity, ...]:
        """Every RSA key: a service provider may encrypt to any key that it has seen in our metadata."""
        return tuple(key.identity for key in self.certified if key.identity.key_type == "rsa")

    def jwks(self) -> dict[str, list[Any]]:
        """The public keys as a JWK Set, RFC 7517 section 5."""
        return {"keys": [key.as_dict(private=False) for key in self.published.keys]}
