"""The account of a card: found by the identifier that the card proves, bound, ended, and never another person's."""

from datetime import UTC, datetime

import pytest
import time_machine

from idp.accounts.card_models import CardStatus
from idp.accounts.cards import AnotherPerson, Bound, Disabled, Ended, NeedsOperator, Unknown
from idp.accounts.errors import AccountProblems, CardTaken, NationalIdentifierTaken, NoSuchAccount, NoSuchCard
from idp.accounts.models import IdentifierKind, IdentifierProof
from tests.builders.cards import NUMBER, RENEWED, RPPS, a_card
from tests.builders.operators import OPERATOR

ANOTHER_RPPS = "899700200019"


@pytest.fixture
def jeanne(parts):
    """Her identifier was proved: an operator saw evidence."""
    return parts.opens(password=None, national_id=RPPS, national_id_proof=IdentifierProof.OPERATOR)


def open_account(parts, login, **named):
    return parts.opens(password=None, login=login, email=f"{login}@exemple.test", **named)


def test_a_card_of_nobody_is_unknown_and_leaves_nothing(parts):
    assert parts.cards.find_account(a_card()) == Unknown()
    assert parts.cards.list() == []


def test_the_first_use_of_a_card_binds_it_to_the_person_who_proved_its_identifier(parts, jeanne):
    first, second = parts.cards.find_account(a_card()), parts.cards.find_account(a_card())
    assert isinstance(first, Bound)
    assert isinstance(second, Bound)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.account.account_id == second.account.account_id == jeanne.account_id
    assert parts.as_it_stands(jeanne).national_id_proof is IdentifierProof.CARD
    assert parts.trail().count("card.bound") == 1
    assert [(card.number, card.login, card.bound_by) for card in parts.cards.list()] == [(NUMBER, "jdupont", "card")]


def test_a_renewed_card_of_the_same_person_works_and_its_binding_is_recorded(parts, jeanne):
    parts.cards.find_account(a_card())
    renewed = parts.cards.find_account(a_card(serial=RENEWED))
    assert renewed == Bound(parts.as_it_stands(jeanne), is_new=True)
    assert parts.trail().count("card.bound") == 2
    assert [card.number for card in parts.cards.list(login="jdupont")] == [NUMBER, RENEWED]


def test_a_card_whose_identifier_was_only_typed_waits_for_an_operator(parts):
    """RPPS numbers are public: the person who typed one may be another, and so may the card's holder."""
    stranger = open_account(parts, "stranger", national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    assert [parts.cards.find_account(a_card()) for _ in range(3)] == [NeedsOperator()] * 3
    assert parts.trail().count("card.waiting") == 1
    [waiting] = parts.cards.list(status=CardStatus.WAITING)
    assert (waiting.number, waiting.login) == (NUMBER, "stranger")

    assert parts.cards.bind("stranger", NUMBER, actor=OPERATOR)

    assert not parts.cards.bind("stranger", NUMBER, actor=OPERATOR)
    assert isinstance(parts.cards.find_account(a_card()), Bound)
    assert parts.as_it_stands(stranger).national_id_proof is IdentifierProof.CARD
    assert parts.cards.list()[0].bound_by == str(OPERATOR)


def test_two_accounts_that_typed_the_identifier_leave_the_card_without_an_account(parts):
    for login in ("one", "two"):
        open_account(parts, login, national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    assert parts.cards.find_account(a_card()) == NeedsOperator()
    assert parts.cards.list()[0].login == ""
    parts.cards.bind("two", NUMBER, actor=OPERATOR)
    found = parts.cards.find_account(a_card())
    assert isinstance(found, Bound)
    assert found.account.login == "two"


def test_a_proven_account_wins_over_those_that_typed_its_identifier(parts, jeanne):
    open_account(parts, "stranger", national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    found = parts.cards.find_account(a_card())
    assert isinstance(found, Bound)
    assert found.account.account_id == jeanne.account_id


def test_a_card_never_logs_in_to_another_persons_account(parts, jeanne):
    parts.cards.find_account(a_card())
    assert parts.cards.find_account(a_card(national_id=ANOTHER_RPPS)) == AnotherPerson()
    parts.service.change(
        "jdupont", {"national_id": ANOTHER_RPPS, "national_id_proof": IdentifierProof.OPERATOR}, actor=OPERATOR
    )
    assert parts.cards.find_account(a_card()) == AnotherPerson()


def test_a_disabled_account_is_said_and_not_opened(parts, jeanne):
    parts.cards.find_account(a_card())
    parts.service.disable("jdupont", actor=OPERATOR)
    assert parts.cards.find_account(a_card()) == Disabled(jeanne.account_id, "jdupont")
    assert parts.cards.find_account(a_card(serial=RENEWED)) == Disabled(jeanne.account_id, "jdupont")
    assert [card.number for card in parts.cards.list()] == [NUMBER]


def test_an_ended_card_stays_ended_and_the_sessions_of_its_account_are_void(parts, jeanne):
    parts.cards.find_account(a_card())
    with time_machine.travel(parts.as_it_stands(jeanne).valid_from, tick=False) as clock:
        clock.shift(60)
        assert parts.cards.end(NUMBER, actor=OPERATOR)
    assert not parts.cards.end(NUMBER, actor=OPERATOR)
    assert parts.cards.find_account(a_card()) == Ended()
    assert parts.as_it_stands(jeanne).valid_from > jeanne.valid_from
    assert parts.cards.bind("jdupont", NUMBER, actor=OPERATOR)
    assert isinstance(parts.cards.find_account(a_card()), Bound)


def test_a_waiting_card_that_is_ended_is_forgotten(parts):
    open_account(parts, "stranger", national_id=RPPS, national_id_proof=IdentifierProof.TYPED)
    parts.cards.find_account(a_card())
    assert parts.cards.end(NUMBER, actor=OPERATOR)
    assert parts.cards.list() == []


def test_an_operator_cannot_bind_a_card_to_the_wrong_account(parts, jeanne):
    parts.cards.find_account(a_card())
    open_account(parts, "other", national_id=ANOTHER_RPPS, national_id_proof=IdentifierProof.OPERATOR)
    with pytest.raises(CardTaken):
        parts.cards.bind("other", NUMBER, actor=OPERATOR)
    parts.cards.end(NUMBER, actor=OPERATOR)
    with pytest.raises(AccountProblems, match="the card proves"):
        parts.cards.bind("other", NUMBER, actor=OPERATOR)
    open_account(parts, "third")
    with pytest.raises(NationalIdentifierTaken):
        parts.cards.bind("third", NUMBER, actor=OPERATOR)
    with pytest.raises(NoSuchAccount):
        parts.cards.bind("nobody", NUMBER, actor=OPERATOR)
    with pytest.raises(NoSuchCard):
        parts.cards.bind("third", RENEWED, actor=OPERATOR)


def test_a_card_of_an_adeli_number_finds_the_account_that_proved_it(parts, jeanne):
    parts.service.add_identifier("jdupont", IdentifierKind.ADELI, "759912345", IdentifierProof.TYPED, actor=OPERATOR)
    assert parts.cards.find_account(a_card(national_id="0759912345")) == NeedsOperator()
    parts.service.add_identifier("jdupont", IdentifierKind.ADELI, "759912345", IdentifierProof.OPERATOR, actor=OPERATOR)
    found = parts.cards.find_account(a_card(national_id="0759912345"))
    assert isinstance(found, Bound)
    assert found.account.national_id == RPPS
    assert isinstance(parts.cards.find_account(a_card(national_id="0759912345")), Bound)


def test_the_card_of_an_establishment_finds_the_account_that_has_its_identifier(parts):
    """A CPE has the identifier of an employee: TRE_G08, type 3."""
    cpe = a_card(national_id="3990000018/0000000018", card_type="CPE")
    assert parts.cards.find_account(cpe) == Unknown()
    open_account(parts, "secretary", national_id=cpe.national_id, national_id_proof=IdentifierProof.OPERATOR)
    assert isinstance(parts.cards.find_account(cpe), Bound)


def test_a_card_accepted_by_a_grace_is_always_audited(parts, jeanne):
    parts.cards.find_account(a_card())
    assert "card.grace-used" not in parts.trail()
    parts.cards.find_account(a_card(revocation_ended_at=datetime.now(UTC)), application="dcc")
    assert parts.trail()[-1] == "card.grace-used"
