"""Prevents: another person's name or number in the request of a card, whose PIN then seems to prove it."""

from sqlalchemy import select

from card_bridge.workstation.virtual.personas import NEWCOMER
from config.actor import Actor
from config.audit.trail import Audit
from enrollment.register.importing import import_extract
from enrollment.requests.models import EnrollmentRequest
from tests.actors.applicant import ELOISE_TYPES
from tests.builders.register import a_line, write_extract

HOLDER = NEWCOMER.holder


def test_the_register_replaces_nothing_that_the_card_has_proved(card_region, newcomer, tmp_path):
    """The register proposes for what the card says; the forged form takes it under the name of a victim."""
    database = card_region.enrollment.services.database
    line = a_line(national_id=HOLDER.national_id, family_name=HOLDER.family_name, given_name=HOLDER.given_name)
    import_extract(database, Audit(database), write_extract(tmp_path, [line]), actor=Actor.service("test"))
    newcomer.comes_to_the_reading()
    newcomer.has_card_read()
    newcomer.presses("Continuer avec cette carte")
    newcomer.sends("street", **ELOISE_TYPES | {"find": "take", "workplace": "0"})
    with database.transaction() as session:
        request = session.scalars(select(EnrollmentRequest)).one()
    assert (request.family_name, request.rpps) == (HOLDER.family_name, HOLDER.national_id[1:])
    assert {request.filled_by[name] for name in ("family_name", "given_name", "profession", "rpps")} == {"card"}
    assert request.filled_by["postcode"] == "register"
