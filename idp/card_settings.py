"""The settings of cards: those that are believed, and the host names that ask the browser for one.

Whether the card is offered, and the ports of the card software, are settings of every service.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from card_bridge.vocabulary import CardEnvironment, CardType
from config.common_settings import CommonSettings, Environment
from config.settings_reader import setting
from idp import settings_checks as own_checks


@dataclass(frozen=True, slots=True, kw_only=True)
class CardSettings(CommonSettings):
    """The part of the settings of the identity provider that concerns cards (`idp/settings.py`)."""

    # --- the door by TLS ----------------------------------------------------------
    card_tls_domain: str = setting(
        "",
        group="Card",
        check=own_checks.tls_domain,
        doc="The domain whose host names ask the browser for the certificate of the card, such as `cps.id.example`: "
        "each login uses a new name below it. Empty: the sign-on page does not offer this way.",
    )
    card_tls_socket: Path = setting(
        Path(),
        group="Card",
        doc="The Unix socket on which `idp card-listener` receives, from the proxy alone, the certificates that it has "
        "asked for. Needed with `card_tls_domain`.",
    )

    # --- the cards that are believed ----------------------------------------------
    card_trust_folder: Path = setting(
        Path(),
        group="Card",
        doc="The folder of the authorities that are trusted to issue cards, in PEM or DER: the roots, and the "
        "intermediate authorities that sign the certificates of persons. Without it no card is believed.",
    )
    card_environment: CardEnvironment = setting(
        CardEnvironment.REAL,
        group="Card",
        doc="`real`, or `test` for test cards and their authorities. One of them is never accepted as the other.",
    )
    card_types: tuple[str, ...] = setting(
        tuple(each.name for each in CardType),
        group="Card",
        check=own_checks.card_types,
        doc="The types of cards that are accepted, of `CPS`, `CPF`, `CPE` and `CPA`.",
    )
    card_policies: tuple[str, ...] = setting(
        (),
        group="Card",
        check=own_checks.object_identifiers,
        doc="The certificate policies that are accepted, as object identifiers. Empty: any policy of the trusted "
        "authorities.",
    )
    card_revocation_lists: tuple[str, ...] = setting(
        (),
        group="Card",
        check=own_checks.http_addresses,
        doc="The addresses of the revocation lists of every authority in `card_trust_folder`, those of the roots too. "
        "Lists are signed, so that plain http is accepted.",
    )
    card_ocsp_address: str = setting(
        "",
        group="Card",
        check=own_checks.http_address,
        doc="The address of the OCSP responder, which is asked about a card while the list of its authority is not "
        "fresh. Empty: nobody is asked.",
    )
    card_revocation_refresh: timedelta = setting(
        timedelta(hours=1), group="Card", doc="How often the revocation lists are fetched."
    )

    @property
    def believes_cards(self) -> bool:
        """Whether authorities are trusted to issue cards."""
        return self.card_trust_folder != Path()

    def contradictions(self) -> Iterator[str]:
        yield from CommonSettings.contradictions(self)  # `super()` does not know the class that slots=True makes
        if self.card_tls_domain and self.card_tls_socket == Path():
            yield "card_tls_socket: must be set where card_tls_domain is"
        if self.environment is Environment.PRODUCTION and self.card_environment is not CardEnvironment.REAL:
            yield "card_environment: must be real in production, where no test card may log in"
        if self.card_offered and not self.believes_cards:
            yield "card_trust_folder: must be set where card_offered is; otherwise every card is refused"
        if self.believes_cards and not self.card_revocation_lists:
            yield "card_revocation_lists: must be set where card_trust_folder is; otherwise every card is refused"
