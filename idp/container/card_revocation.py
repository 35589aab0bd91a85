"""What fetches revocation lists and OCSP responses: the jobs process, and `idp card revocation`."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from card_bridge.verification.fetching import RevocationFetching
from card_bridge.verification.ocsp import OcspResponses
from config.http_client import HttpClient
from config.metrics import Gauge
from config.sql.database import DatabaseUnavailable
from idp.container.cards import OCSP_JOB
from idp.container.services import Services

STALE_LISTS: Final = "poterne_card_revocation_lists_stale"
FETCHED_WITHIN: Final = timedelta(seconds=30)


def revocation_fetching(services: Services) -> RevocationFetching:
    """Fetches revocation lists and OCSP responses; the job of the cards whose revocation is unknown is registered."""
    settings, verification = services.settings, services.card_verification
    fetching = RevocationFetching(
        lists=verification.lists,
        responses=OcspResponses(services.database, {each.id: each for each in verification.authorities.all}),
        records=verification.records,
        http_client=HttpClient(within=FETCHED_WITHIN, loopback=settings.is_development, plain_http=True),
        sources=settings.card_revocation_lists,
        ocsp_address=settings.card_ocsp_address,
        refresh=settings.card_revocation_refresh,
        certificates=services.cards.certificates_in_use,
    )

    def ask(payload: dict[str, Any]) -> None:
        fetching.ask(payload["authority"], int(payload["serial_number"], 16), datetime.now(UTC))

    services.notices.register(OCSP_JOB, ask)
    return fetching


def revocation_gauges(services: Services) -> Sequence[Gauge]:
    """The number of revocation lists that are missing or have ended; none where no card is believed."""
    if not services.settings.believes_cards:
        return ()

    def stale() -> float | None:
        with suppress(DatabaseUnavailable):
            return float(len(services.card_verification.stale_lists(datetime.now(UTC))))
        return None

    return [Gauge(name=STALE_LISTS, meaning="Revocation lists of cards that are missing or have ended.", read=stale)]
