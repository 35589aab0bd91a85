"""One table declares the attributes of an account; the rest is derived from it."""

import json
from types import NoneType, UnionType
from typing import get_args, get_origin, get_type_hints

import pytest

from config.reference.labels import Label
from config.reference.titles import Civility, Title
from idp.accounts.attribute_declaration import Attribute, CodeTable
from idp.accounts.attributes import ATTRIBUTES, AccountAttributes, attribute_problems, displayed
from idp.accounts.command_answers import as_json
from idp.accounts.commands import create
from idp.accounts.contact_attributes import ContactAttributes
from idp.accounts.models import Account, Confidentiality, IdentifierProof, Language
from idp.accounts.new_account import NewAccount
from idp.accounts.person_attributes import PersonAttributes
from idp.accounts.snapshot import AccountSnapshot
from idp.attribute_release import COMPUTED, RELEASE
from tests.builders.accounts import RPPS, an_account

COMPLETE = an_account(
    language=Language.ENGLISH,
    birth_name="Martin",
    civility=Civility.MADAM,
    title=Title.DOCTOR,
    profession="10",
    national_id=RPPS,
    national_id_proof=IdentifierProof.OPERATOR,
    street="12 rue des Tilleuls",
    po_box="BP 42",
    postcode="45000",
    town="Orléans",
    cedex="CEDEX 2",
    department="45",
    country="FR",
    telephone="+33261910000",
    emergency_telephone="+33261910001",
    mobile="+33639980000",
    fax="+33261910002",
    confidentiality=Confidentiality.HIDDEN,
)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_is_a_column_of_the_same_name_and_is_empty_only_where_that_may_be(name):
    column = Account.__table__.columns[name]
    assert column.nullable == (NoneType in _alternatives(name))


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_an_attribute_is_read_back_as_its_type(name):
    assert {ATTRIBUTES[name].value_type} == _alternatives(name) - {NoneType}


def _alternatives(name: str) -> set[type]:
    hint = get_type_hints(AccountAttributes)[name]
    return set(get_args(hint)) if get_origin(hint) is UnionType else {hint}


def test_every_attribute_is_stored_read_and_answered_by_the_commands(parts):
    """Fails when an attribute is added and `COMPLETE` has no value for it."""
    created = parts.service.create(COMPLETE, actor="test")
    for name in ATTRIBUTES:
        assert getattr(COMPLETE, name) is not None, name
        assert getattr(created, name) == getattr(COMPLETE, name), name
    answer = json.loads(json.dumps(as_json(created)))
    assert {name: answer[name] for name in ATTRIBUTES} == {name: getattr(COMPLETE, name) for name in ATTRIBUTES}


def test_an_option_sets_each_attribute_that_has_a_help_for_it():
    options = {option for parameter in create.params for option in parameter.opts}
    for name, attribute in ATTRIBUTES.items():
        assert (f"--{name.replace('_', '-')}" in options) == (attribute.option is not None), name


def test_a_released_attribute_is_a_field_of_the_snapshot_or_computed():
    for name, release in RELEASE.items():
        assert (name in COMPUTED) or hasattr(AccountSnapshot, name), name
        assert release.companion is None or hasattr(AccountSnapshot, release.companion)


def test_no_two_attributes_are_released_under_one_name():
    claims = [claim for release in RELEASE.values() for claim in release.claims]
    saml_names = [name for release in RELEASE.values() for name in (release.saml_name, release.friendly_name)]
    assert len(claims) == len(set(claims))
    assert len(saml_names) == len(set(saml_names))


def test_an_address_is_stored_in_small_letters(parts):
    created = parts.service.create(an_account(email="Jeanne.Dupont@Exemple.test"), actor="test")
    assert created.email == "jeanne.dupont@exemple.test"


def test_the_account_page_shows_the_attributes_that_have_a_label_and_a_value():
    identity = displayed(COMPLETE, "en", declared_in=PersonAttributes)
    assert [label for label, _ in identity] == [
        "First name",
        "Professional surname",
        "Birth name",
        "Form of address",
        "Title",
        "Profession",
    ]
    shown = dict(displayed(COMPLETE, "en", declared_in=ContactAttributes))
    assert shown["Department"] == "Loiret"
    assert shown["Telephone"] == "02\N{NO-BREAK SPACE}61\N{NO-BREAK SPACE}91\N{NO-BREAK SPACE}00\N{NO-BREAK SPACE}00"
    assert [label for label, _ in displayed(an_account(), "fr", declared_in=ContactAttributes)] == [
        "Adresse électronique",
        "Langue des messages",
    ]


def test_a_code_that_is_not_of_the_table_is_refused_with_the_codes_whose_labels_contain_it():
    civility = Attribute(codes=CodeTable("civility", {"M": Label("Monsieur", "Mr"), "MME": Label("Madame", "Ms")}))
    assert civility.fault("MME") is None
    assert civility.fault("DR") == "'DR' is not the code of a civility, such as M or MME"
    assert civility.fault("madame") == "'madame' is not the code of a civility, such as M or MME (MME is Madame)"


def test_the_problems_of_each_attribute_begin_with_its_name():
    wrong = NewAccount(given_name="", family_name="D\nupont", email="jeanne", profession="00", national_id="")
    assert [problem.partition(":")[0] for problem in attribute_problems(wrong)] == [
        "given_name",
        "family_name",
        "profession",
        "national_id",
        "email",
        "national_id",
    ]
