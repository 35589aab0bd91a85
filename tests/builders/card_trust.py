"""The verification of cards for tests, over the test authority: what a service trusts, and what a card signs."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from card_bridge.assertion import CardAssertion, Purpose, signed_text
from card_bridge.identity import CardIdentity
from card_bridge.verification.checks import AcceptedCards
from card_bridge.verification.lists import RevocationLists
from card_bridge.verification.refusals import CardRefused, Refusal
from card_bridge.verification.revocation import RevocationRecords
from card_bridge.verification.trust import TrustedAuthorities
from card_bridge.verification.verifier import CardVerifier
from card_bridge.vocabulary import CardEnvironment, CardType
from card_bridge.workstation.virtual.authority import Authority, IssuedCertificate, revoked_serial_numbers
from card_bridge.workstation.virtual.personas import DOCTOR, Persona
from card_bridge.workstation.virtual.profile import Issuer
from card_bridge.workstation.virtual.revocation import LIST_LASTS, revocation_list
from config.sql.database import Database
from config.sql.versioned_cache import Revisions

ORIGIN, NONCE = "https://id.example", "n" * 43
EVERY_TYPE = frozenset(CardType)


def issued(authority: Authority, persona: Persona = DOCTOR, **profile: Any) -> IssuedCertificate:
    """The authentication certificate of a persona, with some fields of its profile changed."""
    changed = replace(persona, profile=replace(persona.profile, **profile)) if profile else persona
    return authority.issue(changed)


def an_assertion(card: IssuedCertificate, **changes: Any) -> CardAssertion:
    """What a card signs: a login with our nonce at our origin, unless changed."""
    fields: dict[str, Any] = {"purpose": Purpose.LOGIN, "origin": ORIGIN, "nonce": NONCE, "presence": b"p" * 32}
    text = signed_text(certificate=card.der, **(fields | changes))
    return CardAssertion(
        certificate=card.der, signature=card.key.sign(text, PKCS1v15(), SHA256()), presence=b"p" * 32, bridge="1.0"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardTrust:
    """What a service has that trusts an authority."""

    authority: Authority
    authorities: TrustedAuthorities
    records: RevocationRecords
    lists: RevocationLists
    verifier: CardVerifier

    def publish(
        self,
        *,
        revoked: Collection[int] | None = None,
        at: datetime | None = None,
        lasts: timedelta = LIST_LASTS,
        further: int = 0,
        levels: Collection[bool] = (True, False),
    ) -> None:
        """Have the lists of every authority fetched, as they were at this time. `levels`: of roots, of the others."""
        at = at or datetime.now(UTC)
        revoked = revoked_serial_numbers() if revoked is None else revoked
        for issuer in (Issuer.FORT, Issuer.STANDARD):
            for is_root in levels:
                octets = revocation_list(
                    self.authority,
                    issuer,
                    revoked=() if is_root else revoked,
                    now=at,
                    is_root=is_root,
                    lasts=lasts,
                    further=0 if is_root else further,
                )
                source = f"{self.authority.address}/CRL/{self.authority.list_name(issuer, is_root=is_root)}.crl"
                self.lists.accept(source, octets, now=at)

    def publish_roots(self, *, at: datetime) -> None:
        """Have the lists of the roots fetched."""
        self.publish(at=at, levels=(True,))

    def verdict(self, assertion: CardAssertion, **changes: Any) -> CardIdentity | Refusal:
        """The identity, or why the assertion is refused."""
        fields: dict[str, Any] = {"purpose": Purpose.LOGIN, "origin": ORIGIN, "nonce": NONCE, "now": datetime.now(UTC)}
        try:
            return self.verifier.verify(assertion, **(fields | changes))
        except CardRefused as refused:
            return refused.reason

    def verdict_on(self, persona: Persona, **profile: Any) -> CardIdentity | Refusal:
        """The same, on what the card of a persona has signed."""
        return self.verdict(an_assertion(issued(self.authority, persona, **profile)))


def trust_folder(authority: Authority, folder: Path) -> Path:
    """The folder of an installation that trusts this authority."""
    folder.mkdir(exist_ok=True)
    (folder / "roots.pem").write_text(authority.anchors)
    (folder / "intermediates.pem").write_text(authority.intermediates)
    return folder


def card_trust(
    authority: Authority,
    folder: Path,
    database: Database,
    *,
    environment: CardEnvironment = CardEnvironment.TEST,
    **accepted: Any,
) -> CardTrust:
    """A service that trusts this authority, and has fetched no revocation list yet."""
    authorities = TrustedAuthorities.read(trust_folder(authority, folder), environment)
    records = RevocationRecords(database, Revisions(database))
    cards = AcceptedCards(**({"environment": environment, "types": EVERY_TYPE} | accepted))
    return CardTrust(
        authority=authority,
        authorities=authorities,
        records=records,
        lists=RevocationLists(database, authorities),
        verifier=CardVerifier(authorities, records, cards),
    )
