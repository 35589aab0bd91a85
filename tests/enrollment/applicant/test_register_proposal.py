"""The register proposes to a person who names themselves; what they take is shown as the register's and not typed."""

import pytest

from config.actor import Actor
from config.audit.trail import Audit
from enrollment.register.importing import import_extract
from tests.actors.applicant import ELOISE_TYPES
from tests.builders.register import a_line, write_extract

TYPED = ELOISE_TYPES | {"profession": "", "title": "", "street": "", "postcode": "", "town": ""}


@pytest.fixture
def eloise(eloise, enrollment, tmp_path):
    """She is in the register, and at step 2."""
    database = enrollment.services.database
    import_extract(database, Audit(database), write_extract(tmp_path, [a_line()]), actor=Actor.service("test"))
    eloise.begins()
    eloise.has_no_card()
    return eloise


def test_a_person_who_names_themselves_is_proposed_the_rest(eloise):
    page = eloise.sends("family_name", **TYPED | {"find": "register"})
    assert page.status == 200
    assert "Le registre national propose" in page.text
    assert "CH DE BELLEFONTAINE" in page.text
    assert page.html.count(' id="proposal"') == page.html.count(' id="address"') == 1
    assert 'value="take" formaction="/request/person#address"' in page.html, "the answer is shown where it matters"


def test_the_only_address_is_chosen_unless_the_person_has_typed_one(eloise):
    page = eloise.sends("family_name", **TYPED | {"find": "register"})
    assert 'name="workplace" value="0" checked' in page.html
    page = eloise.sends("family_name", **TYPED | {"town": "Orléans", "find": "register"})
    assert 'name="workplace" value="" checked' in page.html


def test_what_is_taken_is_the_registers_and_a_forged_form_does_not_change_it(eloise, request_of):
    eloise.sends("family_name", **TYPED | {"find": "register"})
    page = eloise.sends("family_name", **TYPED | {"find": "take", "workplace": "0"})
    taken = request_of()
    assert (taken.profession, taken.title, taken.postcode, taken.family_name) == ("10", "DR", "45800", "d’Aubrac")
    assert set(taken.filled_by.values()) == {"register"}
    fields = page.form_with("email").fields
    assert fields["email"] == ELOISE_TYPES["email"], "what was typed elsewhere stays"
    assert not {"profession", "rpps", "family_name", "postcode"} & set(fields)
    assert eloise.sends("email", **ELOISE_TYPES | {"profession": "Infirmier"}).path == "/request/profile"
    assert request_of().profession == "10"


def test_what_the_register_has_filled_may_be_typed_again(eloise, request_of):
    eloise.sends("family_name", **TYPED | {"find": "take"})
    page = eloise.sends("email", **TYPED | {"find": "release"})
    assert page.form_with("family_name").fields["profession"] == "Médecin"
    assert request_of().filled_by == {}
    eloise.says_who_they_are(profession="Infirmier")
    assert request_of().profession == "60"


@pytest.mark.parametrize(
    "otherwise",
    [{"rpps": "99700123468"}, {"rpps": "1"}, {"rpps": ""}, {"family_name": "Lefèvre"}, {"given_name": "Zoé"}],
    ids=["another number", "no number", "nothing", "another name", "another first name"],
)
def test_whatever_is_wrong_the_page_says_the_same(eloise, otherwise):
    page = eloise.sends("family_name", **TYPED | otherwise | {"find": "register"})
    assert "Le registre ne propose rien pour ce numéro, ce nom et ce prénom" in page.text
    assert "BELLEFONTAINE" not in page.text
