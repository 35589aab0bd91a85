"""What an account says of its person is changed, and further identifiers are added, with how each was proven."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.exc import IntegrityError

from config.audit.query import AuditFilter, page_of
from config.reference.titles import Title
from idp.accounts.errors import AccountProblems, IdentifierTaken, NationalIdentifierTaken, NoSuchAccount
from idp.accounts.identifiers import Identifier
from idp.accounts.models import AccountIdentifier, Confidentiality, IdentifierKind, IdentifierProof, Language
from idp.accounts.snapshot import AcceptedConditions
from tests.builders.accounts import RPPS, an_account
from tests.builders.operators import OPERATOR

ADELI = "459912346"
ANOTHER_ADELI = "2A9912345"


def last_line(parts):
    return page_of(parts.database, AuditFilter(), before=None, limit=1).lines[0]


# --- attributes ----------------------------------------------------------------------


def test_attributes_are_changed_and_taken_away(parts, jeanne_account):
    changes = {"title": Title.DOCTOR, "telephone": "02 61 91 00 00", "confidentiality": Confidentiality.HIDDEN}
    assert parts.service.change("jdupont", changes, actor=OPERATOR) == ["title", "telephone", "confidentiality"]
    jeanne = parts.as_it_stands(jeanne_account)
    assert (jeanne.title, jeanne.telephone, jeanne.confidentiality) == ("DR", "+33261910000", "hidden")
    assert parts.service.change("jdupont", {"title": None}, actor=OPERATOR) == ["title"]
    assert parts.as_it_stands(jeanne_account).title is None
    assert parts.service.change("jdupont", {"title": None}, actor=OPERATOR) == []


def test_the_trail_names_what_changed_and_not_the_values(parts, jeanne_account):
    parts.service.change("jdupont", {"street": "12 rue des Tilleuls", "town": "Orléans"}, actor=OPERATOR)
    line = last_line(parts)
    assert (line.kind, line.detail, line.actor) == (
        "account.changed",
        {"changed": ["street", "town"]},
        str(OPERATOR),
    )


def test_a_new_address_is_not_verified_and_voids_what_was_mailed_to_the_old_one(parts, jeanne_account):
    """Prevents: choosing the password by a link that had gone to an address typed wrongly."""
    parts.service.mail_link(jeanne_account, actor=OPERATOR)
    token = parts.mailed_token()
    assert parts.service.change("jdupont", {"email": "Jeanne@Autre.test"}, actor=OPERATOR) == ["email"]
    jeanne = parts.as_it_stands(jeanne_account)
    assert (jeanne.email, jeanne.email_verified) == ("jeanne@autre.test", False)
    assert jeanne.valid_from > jeanne_account.valid_from
    assert parts.links.open(token) is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"family_name": None}, "family_name"),
        ({"language": None}, "language"),
        ({"confidentiality": None}, "confidentiality"),
        ({"email": "nowhere"}, "email"),
        ({"department": "99"}, "department"),
        ({"country": "ZZ"}, "country"),
        ({"telephone": "12"}, "telephone"),
        ({"mobile": "call me"}, "mobile"),
        ({"street": "one\ntwo"}, "street"),
        ({"postcode": "4" * 13}, "postcode"),
        ({"birth_name": ""}, "birth_name"),
        ({"national_id": RPPS}, "national_id"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_changes(parts, jeanne_account, changes, field):
    with pytest.raises(AccountProblems) as refused:
        parts.service.change("jdupont", {"town": "Orléans", **changes}, actor=OPERATOR)
    assert [problem.partition(":")[0] for problem in refused.value.problems] == [field]
    assert parts.as_it_stands(jeanne_account) == jeanne_account


def test_a_national_identifier_that_another_account_proved_is_not_taken_over(parts, jeanne_account):
    proven = {"national_id": RPPS, "national_id_proof": IdentifierProof.OPERATOR}
    parts.service.create(an_account(**proven), actor=OPERATOR)
    with pytest.raises(NationalIdentifierTaken):
        parts.service.change("jdupont", proven, actor=OPERATOR)
    parts.service.change("jdupont", proven | {"national_id_proof": IdentifierProof.TYPED}, actor=OPERATOR)
    assert parts.service.change("jdupont2", {"town": "Tours"}, actor=OPERATOR) == ["town"]


def test_an_unknown_account_is_not_changed(parts):
    with pytest.raises(NoSuchAccount):
        parts.service.change("nobody", {"town": "Tours"}, actor=OPERATOR)


# --- further identifiers -------------------------------------------------------------


def test_an_identifier_says_how_it_was_proven_when_and_who_saw_it(parts, jeanne_account):
    before = datetime.now(UTC)
    assert parts.service.add_identifier(
        "jdupont", IdentifierKind.ADELI, f"0{ADELI}", IdentifierProof.OPERATOR, actor=OPERATOR
    )
    [held] = parts.identifiers.of(jeanne_account.account_id)
    assert (held.kind, held.value, held.proof, held.proven_by) == ("adeli", ADELI, "operator", str(OPERATOR))
    assert held.proven_at >= before
    assert last_line(parts).detail == {"kind": "adeli", "proof": "operator"}


def test_a_better_proof_replaces_a_weaker_one_and_not_the_reverse(parts, jeanne_account):
    def add(proof):
        return parts.service.add_identifier("jdupont", IdentifierKind.ADELI, ADELI, proof, actor=OPERATOR)

    assert [
        add(proof)
        for proof in (IdentifierProof.TYPED, IdentifierProof.TYPED, IdentifierProof.CARD, IdentifierProof.OPERATOR)
    ] == [
        True,
        False,
        True,
        False,
    ]
    assert [held.proof for held in parts.identifiers.of(jeanne_account.account_id)] == [IdentifierProof.CARD]


def test_an_identifier_is_unique_once_proven(parts, jeanne_account):
    """A person who typed another's number gains nothing, and takes nothing away."""
    parts.opens(given_name="Paul", family_name="Martin", password=None)
    assert parts.service.add_identifier("pmartin", IdentifierKind.ADELI, ADELI, IdentifierProof.TYPED, actor=OPERATOR)
    assert parts.service.add_identifier(
        "jdupont", IdentifierKind.ADELI, ADELI, IdentifierProof.OPERATOR, actor=OPERATOR
    )
    with pytest.raises(IdentifierTaken):
        parts.service.add_identifier("pmartin", IdentifierKind.ADELI, ADELI, IdentifierProof.OPERATOR, actor=OPERATOR)
    row = {"kind": "adeli", "value": ANOTHER_ADELI, "proof": "operator"}
    with pytest.raises(IntegrityError), parts.database.transaction() as session:
        session.add(AccountIdentifier(account_id=jeanne_account.account_id, **row))  # proven, and nobody knows when


def test_an_identifier_is_taken_away(parts, jeanne_account):
    parts.service.add_identifier("jdupont", IdentifierKind.ADELI, ADELI, IdentifierProof.TYPED, actor=OPERATOR)
    assert parts.service.remove_identifier("jdupont", IdentifierKind.ADELI, ADELI, actor=OPERATOR)
    assert not parts.service.remove_identifier("jdupont", IdentifierKind.ADELI, ADELI, actor=OPERATOR)
    assert parts.identifiers.of(jeanne_account.account_id) == []


@pytest.mark.parametrize("value", ["", "12345678", "1234567890123", "45991234X", "é"])
def test_what_has_not_the_form_of_its_kind_is_refused(parts, jeanne_account, value):
    with pytest.raises(AccountProblems):
        parts.service.add_identifier("jdupont", IdentifierKind.ADELI, value, IdentifierProof.TYPED, actor=OPERATOR)


# --- an account with all of it -------------------------------------------------------


def test_an_account_is_created_with_its_identifiers_and_the_conditions_accepted(parts):
    accepted = AcceptedConditions(version="2026-10", language=Language.FRENCH, accepted_at=datetime.now(UTC))
    adeli = Identifier(kind=IdentifierKind.ADELI, value=ADELI, proof=IdentifierProof.OPERATOR)
    with parts.database.transaction() as session:
        created = parts.provisioning.provision(
            session, an_account(), actor=OPERATOR, identifiers=[adeli], conditions=accepted
        )
    assert created.conditions == accepted
    assert [held.value for held in parts.identifiers.of(created.account_id)] == [ADELI]
    assert parts.trail() == ["account.created", "identifier.added"]
    with pytest.raises(IdentifierTaken), parts.database.transaction() as session:
        parts.provisioning.provision(session, an_account(), actor=OPERATOR, identifiers=[adeli])
    assert len(parts.accounts.list()) == 1


def test_conditions_are_accepted_once_more_when_they_change(parts, jeanne_account):
    assert jeanne_account.conditions is None
    accepted = AcceptedConditions(version="2026-11", language=Language.ENGLISH, accepted_at=datetime.now(UTC))
    with parts.database.transaction() as session:
        parts.provisioning.accept_conditions(session, jeanne_account.account_id, accepted)
    assert parts.as_it_stands(jeanne_account).conditions == accepted
    assert last_line(parts).detail == {"version": "2026-11", "language": "en"}
