"""Step 2: every problem at once, nothing lost, names and numbers as people write them."""

import pytest
from sqlalchemy import select

from enrollment.applicant.step_order import REQUIRED
from enrollment.requests.models import EnrollmentRequest
from tests.actors.applicant import ELOISE_TYPES


@pytest.fixture
def eloise(eloise):
    eloise.begins()
    eloise.has_no_card()
    return eloise


def the_request(enrollment):
    with enrollment.services.database.transaction() as session:
        return session.scalars(select(EnrollmentRequest)).one()


def test_what_a_person_says_is_kept_in_its_national_forms(eloise, enrollment):
    assert eloise.says_who_they_are().path == "/request/profile"
    kept = the_request(enrollment)
    assert (kept.rpps, kept.profession, kept.civility, kept.title) == ("99700123450", "10", "MME", "DR")
    assert (kept.family_name, kept.given_name) == ("d’Aubrac", "Éloïse")
    assert kept.folded_name == "daubrac eloise villemont"
    assert (kept.postcode, kept.town, kept.department, kept.telephone) == ("45000", "Orléans", "45", "+33261911234")


def test_every_problem_is_said_at_once_and_nothing_is_lost(eloise):
    page = eloise.says_who_they_are(profession="medcin", given_name="", postcode="4500", town="", email="eloise@")
    assert page.status == 422
    assert "Il y a 5 problèmes" in page.text
    for field in ("profession", "given_name", "postcode", "town", "email"):
        assert page.link_to(f"#{field}")
    assert "Vouliez-vous dire « Médecin »" in page.text.replace("\xa0", " ")
    form = page.form_with("family_name")
    assert (form.fields["family_name"], form.fields["email"], form.fields["postcode"]) == (
        "d’Aubrac",
        "eloise@",
        "4500",
    )


def test_an_empty_form_says_each_field_that_must_be_filled_in(eloise):
    page = eloise.sends("family_name", **dict.fromkeys(ELOISE_TYPES, ""))
    assert f"Il y a {len(REQUIRED)} problèmes" in page.text
    assert page.status == 422


def test_a_wrong_key_is_a_question_and_never_a_refusal(eloise, enrollment):
    page = eloise.says_who_they_are(rpps="99700123451")
    assert "La clé du numéro RPPS" in page.text
    assert (
        eloise.sends("rpps_confirmed", **ELOISE_TYPES | {"rpps": "99700123451", "rpps_confirmed": "yes"}).status == 200
    )
    assert the_request(enrollment).rpps == "99700123451"


def test_a_postcode_proposes_its_towns_without_a_script(eloise):
    page = eloise.sends("family_name", **ELOISE_TYPES | {"postcode": "45160", "town": "", "find": "towns"})
    assert page.status == 200
    assert "Olivet" in page.text
    assert page.form_with("family_name").fields["family_name"] == "d’Aubrac"


def test_two_tabs_lose_nothing(eloise, enrollment):
    first_tab, second_tab = eloise.page, eloise.visits("/request/person")
    eloise.says_who_they_are(given_name="Éloïse-Marie")
    eloise.browser.history.append(first_tab)
    page = eloise.says_who_they_are(given_name="Héloïse")
    assert page.status == 409
    assert "modifiée dans un autre onglet" in page.text
    assert page.form_with("given_name").fields["given_name"] == "Héloïse"
    assert the_request(enrollment).given_name == "Éloïse-Marie"
    assert eloise.says_who_they_are(given_name="Héloïse").path == "/request/profile"
    assert the_request(enrollment).given_name == "Héloïse"
    assert second_tab.path == "/request/person"


def test_a_form_that_is_sent_twice_is_saved_once(eloise, enrollment):
    form = eloise.page
    eloise.says_who_they_are()
    version = the_request(enrollment).version
    eloise.browser.history.append(form)
    assert eloise.says_who_they_are().path == "/request/profile"
    assert the_request(enrollment).version == version


def test_what_a_register_has_filled_is_text_and_a_forged_form_does_not_change_it(eloise, enrollment):
    with enrollment.services.database.transaction() as session:
        draft = session.scalars(select(EnrollmentRequest)).one()
        draft.profession, draft.filled_by = "60", {"profession": "register"}
    page = eloise.visits("/request/person")
    assert "Registre national" in page.text
    assert "profession" not in page.form_with("family_name").fields
    eloise.says_who_they_are(profession="Médecin")
    assert the_request(enrollment).profession == "60"


@pytest.mark.parametrize("name", ["Lefèvre-Montoya", "d'Aubrac", "Le Gall", "de La Tour", "Müller", "O’Brien", "Ōe"])
def test_names_keep_how_they_are_written(eloise, enrollment, name):
    eloise.says_who_they_are(family_name=name)
    assert the_request(enrollment).family_name == name


@pytest.mark.parametrize("name", ["<b>gras</b>", "=1+1", "12345", "a\tb\x07", "-", "'"])
def test_what_is_no_name_is_said_so(eloise, name):
    assert eloise.says_who_they_are(family_name=name).status == 422


def test_a_person_elsewhere_writes_their_own_postcode_and_telephone(eloise, enrollment):
    eloise.says_who_they_are(country="BE", postcode="B-1000", town="Bruxelles", telephone="02 555 12 12")
    kept = the_request(enrollment)
    assert (kept.country, kept.postcode, kept.telephone, kept.department) == ("BE", "B-1000", "+3225551212", "")


def test_a_text_that_is_too_long_is_shown_to_be_shortened(eloise):
    page = eloise.says_who_they_are(street="r" * 300)
    assert page.status == 422
    assert page.form_with("street").fields["street"] == "r" * 300


def test_composed_characters_do_not_make_a_text_longer_than_its_column(eloise):
    """NFC writes U+0958 as two characters."""
    assert eloise.says_who_they_are(family_name="\u0958" * 100).status == 422
