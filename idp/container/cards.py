"""The verification of cards. What fetches revocation lists is in `card_revocation.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from card_bridge.verification.checks import AcceptedCards
from card_bridge.verification.lists import RevocationLists
from card_bridge.verification.revocation import RevocationRecords
from card_bridge.verification.trust import TrustedAuthorities, TrustRefused
from card_bridge.verification.verifier import CardVerifier
from card_bridge.vocabulary import CardType
from config.jobs import Jobs
from config.settings_reader import SettingsError
from config.sql.database import Database
from config.sql.versioned_cache import Revisions
from idp.settings import Settings

OCSP_JOB: Final = "card.ocsp"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardVerification:
    """What believes cards. Where no authority is trusted, it refuses every card."""

    authorities: TrustedAuthorities
    records: RevocationRecords
    lists: RevocationLists
    verifier: CardVerifier
    sources: tuple[str, ...]

    def condition(self) -> Mapping[str, Any]:
        """For the readiness check: which revocation lists are missing or have ended. Empty when no card is believed."""
        if not self.sources:
            return {}
        stale = self.stale_lists(datetime.now(UTC))
        return {"card_revocation_lists": {"state": "stale" if stale else "ready", "stale": stale}}

    def stale_lists(self, now: datetime) -> list[str]:
        """The addresses of the revocation lists that are missing or have ended."""
        return [state.source for state in self.lists.states(self.sources) if not state.is_fresh(now)]

    @classmethod
    def of(cls, settings: Settings, database: Database, revisions: Revisions, jobs: Jobs) -> "CardVerification":
        """
        Args:
            jobs: those that call other servers.

        Raises:
            SettingsError: the folder of authorities cannot be used.
        """
        authorities = trusted_authorities(settings)
        records = RevocationRecords(database, revisions)
        accepted = AcceptedCards(
            environment=settings.card_environment,
            types=frozenset(CardType[name] for name in settings.card_types),
            policies=frozenset(settings.card_policies),
        )
        return cls(
            authorities=authorities,
            records=records,
            lists=RevocationLists(database, authorities),
            sources=settings.card_revocation_lists if settings.believes_cards else (),
            verifier=CardVerifier(
                authorities,
                records,
                accepted,
                when_unknown=asks_later(database, jobs) if settings.card_ocsp_address else None,
            ),
        )


def asks_later(database: Database, jobs: Jobs) -> Callable[[str, int], None]:
    """Has the OCSP responder asked by a job about a certificate whose revocation is unknown."""

    def ask(authority: str, serial_number: int) -> None:
        with database.transaction() as session:
            jobs.add(session, OCSP_JOB, {"authority": authority, "serial_number": f"{serial_number:x}"})

    return ask


def trusted_authorities(settings: Settings) -> TrustedAuthorities:
    """The authorities of the settings; none without a folder.

    Raises:
        SettingsError: the folder cannot be used.
    """
    if settings.card_trust_folder == Path():
        return TrustedAuthorities(())
    try:
        return TrustedAuthorities.read(settings.card_trust_folder, settings.card_environment)
    except TrustRefused as refused:
        raise SettingsError([f"card_trust_folder: {problem}" for problem in refused.problems]) from None
