"""A person reads all that their account says of them, and what it opens: `/account/profile`."""

from datetime import UTC, datetime, timedelta

import pytest

from config.reference.titles import Title
from idp.accounts.assignments import AssignmentTerms
from idp.accounts.communities import CommunityDescription
from idp.accounts.models import Confidentiality, IdentifierKind, IdentifierProof
from tests.builders.accounts import RPPS
from tests.builders.operators import OPERATOR
from tests.fixtures.saml import is_noticed_by

DAY = timedelta(days=1)
ONCO = CommunityDescription(name="onco-centre", display_name_fr="Onco Centre", display_name_en="Centre cancer network")


@pytest.fixture
def visits_profile(idp, browser, jeanne):
    """Jeanne's page of information, once she has logged in to read it."""

    def visits_profile():
        browser.visits(f"{idp.issuer}/account/profile")
        if browser.page.asks_for("password"):
            browser.gives(jeanne)
        return browser.visits(f"{idp.issuer}/account/profile")

    return visits_profile


def test_it_is_for_the_person_who_has_logged_in(idp, browser, jeanne):
    assert browser.visits(f"{idp.issuer}/account/profile").asks_for("login", "password")
    assert browser.gives(jeanne).path == "/account/profile"
    assert "Mes informations" in browser.page.title


def test_it_shows_who_the_person_is_and_how_each_number_was_proven(idp, jeanne, visits_profile):
    changes = {
        "title": Title.DOCTOR,
        "birth_name": "Martin",
        "street": "12 rue des Tilleuls",
        "postcode": "45000",
        "town": "Orléans",
        "telephone": "+33261910000",
        "national_id": RPPS,
        "national_id_proof": IdentifierProof.TYPED,
    }
    idp.services.account_service.change(jeanne.login, changes, actor=OPERATOR)
    idp.services.account_service.add_identifier(
        jeanne.login, IdentifierKind.ADELI, "459912346", IdentifierProof.OPERATOR, actor=OPERATOR
    )
    text = visits_profile().text
    for shown in (
        "Titre Docteur",
        "Nom de naissance Martin",
        "12 rue des Tilleuls 45000 Orléans",
        "02 61 91 00 00",
        f"Numéro RPPS {RPPS[1:]} saisi, sans vérification",
        "Numéro ADELI 459912346 vérifié par un opérateur, le",
    ):
        assert shown in text, shown


def test_it_shows_what_the_person_may_use_until_when_and_in_which_role(idp, clock, jeanne, visits_profile):
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    clock.move_to(now)
    idp.services.communities.add(ONCO, actor=OPERATOR)
    service = idp.services.account_service
    service.join(jeanne.login, ONCO.name, actor=OPERATOR, terms=AssignmentTerms(role="coordinator"))
    end_of_year = datetime(2026, 12, 31, 23, tzinfo=UTC)  # the first instant of 2027 in the region
    idp.entitles(jeanne, "dcc", role="secretaire", ends_at=end_of_year)
    idp.entitles(jeanne, "perinat", starts_at=now + 2 * DAY)
    idp.entitles(jeanne, "gone")
    text = visits_profile().text
    assert "Rôle : Secrétaire médicale jusqu’au 31 décembre 2026" in text.replace("\u202f", " ")
    assert "à partir du 1er décembre 2026" in text
    assert "Onco Centre Rôle : coordinator" in text
    assert "gone" not in text


def test_it_says_what_the_level_of_confidentiality_means(idp, jeanne, visits_profile):
    assert "Accès réservé aux professionnels" in visits_profile().text
    changes = {"confidentiality": Confidentiality.HIDDEN}
    idp.services.account_service.change(jeanne.login, changes, actor=OPERATOR)
    is_noticed_by(idp)
    assert "Caché Personne ne vous trouve." in visits_profile().text


def test_the_page_of_the_session_leads_to_it(idp, browser, jeanne, dcc):
    browser.logs_in(jeanne, to=dcc)
    browser.visits(f"{idp.issuer}/account")
    assert browser.follows("Mes informations").path == "/account/profile"
