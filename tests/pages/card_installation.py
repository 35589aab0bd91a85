"""A whole installation that offers the card, and knows the number of Jeanne's."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from card_bridge.workstation.virtual.authority import Authority
from card_bridge.workstation.virtual.personas import DOCTOR
from tests.builders.card_trust import trust_folder
from tests.builders.operators import OPERATOR
from tests.fixtures.card_login import has_revocation_lists
from tests.installation import Installation, Professional, an_installation

JEANNE = Professional(login="jdupont", given_name="Jeanne", family_name="Dupont", password="Cerisier-Bleu-72")


@contextmanager
def an_installation_with_the_card(folder: Path, authority: Authority, **settings: str) -> Iterator[Installation]:
    """It trusts the test authority, has its revocation lists, and runs under these `settings` too."""
    offering = {
        "card_offered": "true",
        "card_environment": "test",
        "card_trust_folder": str(trust_folder(authority, folder / "authorities")),
        "card_revocation_lists": ",".join(authority.revocation_addresses),
    }
    with an_installation(folder, **(offering | settings)) as running:
        running.create(JEANNE)
        with running.services() as services:
            has_revocation_lists(services, authority)
            changes = {"national_id": DOCTOR.holder.national_id, "national_id_proof": "operator"}
            services.account_service.change(JEANNE.login, changes, actor=OPERATOR)
        yield running
