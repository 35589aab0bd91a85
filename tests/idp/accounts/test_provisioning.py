"""Accounts are changed in the transaction of the caller; tests/contracts/databases has the races."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from config.actor import Actor
from config.audit.trail import AuditEvent
from idp.accounts.assignments import UNLIMITED, AssignmentTerms
from idp.accounts.errors import AccountProblems, AssignmentRefused, IdentifierTaken, NoSuchCommunity, UsernameTaken
from idp.accounts.identifiers import Identifier
from idp.accounts.models import Entitlement, IdentifierKind, IdentifierProof
from idp.accounts.passwords.passwords import Changed, Verified
from idp.accounts.provisioning import MailedLink
from tests.builders.accounts import ADDRESS, PASSWORD, an_account
from tests.builders.operators import OPERATOR
from tests.builders.transactions import rolled_back


def test_an_account_its_entitlements_its_letter_and_its_audit_lines_are_one_transaction(parts):
    with parts.database.transaction() as session:
        created = parts.provisioning.provision(
            session,
            an_account(),
            actor=OPERATOR,
            entitlements={"perinat": UNLIMITED, "dcc": UNLIMITED},
            first_password=MailedLink(),
        )
        assert parts.accounts.list() == []  # nobody else sees it yet
    assert parts.accounts.by_username("jdupont") == created
    assert created.entitlements.keys() == {"dcc", "perinat"}
    assert parts.trail() == ["account.created", "entitlement.granted", "entitlement.granted", "password-link.sent"]
    [letter] = parts.letters()
    assert letter["To"] == "jeanne.dupont@exemple.test"
    chosen = parts.links.use(parts.mailed_token(), PASSWORD, address=ADDRESS, agent="test")
    assert isinstance(chosen, Changed)


def test_the_actor_is_the_one_of_the_call(parts):
    parts.service.create(an_account(), actor=OPERATOR, entitlements={"dcc": UNLIMITED})
    parts.service.disable("jdupont", actor=Actor.command_line({}))
    with parts.database.reading() as connection:
        actors = list(connection.scalars(select(AuditEvent.actor).order_by(AuditEvent.id)))
    assert actors == ["operator:oriou", "operator:oriou", str(Actor.command_line({}))]


@pytest.mark.parametrize("must_change", [True, False])
def test_a_first_password_is_given_with_the_account(parts, must_change):
    password = parts.provisioning.hash_first_password(an_account(), PASSWORD, must_change=must_change)
    created = parts.service.create(an_account(), actor=OPERATOR, first_password=password)
    assert (created.must_change, created.password_set_at) == (must_change, created.valid_from)
    assert isinstance(parts.passwords.verify("jdupont", PASSWORD), Verified)
    assert parts.trail() == ["account.created", "password.set"]
    assert parts.letters() == []


def test_a_first_password_is_judged_by_the_names_of_the_person(parts):
    with pytest.raises(AccountProblems, match=r"email: .*; password: contains the person's login"):
        parts.provisioning.hash_first_password(an_account(email="nowhere"), "Jeanne-Dupont-71!")


def test_a_failure_after_the_entitlement_leaves_nothing(parts):
    with rolled_back(parts.database) as session:
        parts.provisioning.provision(
            session, an_account(), actor=OPERATOR, entitlements={"dcc": UNLIMITED}, first_password=MailedLink()
        )
    assert (parts.accounts.list(), parts.trail(), parts.letters()) == ([], [], [])
    with parts.database.reading() as connection:
        assert connection.execute(select(Entitlement.__table__)).all() == []
    assert parts.service.create(an_account(), actor=OPERATOR).login == "jdupont"


def test_a_link_of_a_transaction_that_was_rolled_back_opens_nothing(parts, monkeypatch):
    letters = []
    monkeypatch.setattr(parts.links._letters, "post", lambda _session, letter: letters.append(letter))
    with rolled_back(parts.database) as session:
        parts.provisioning.provision(session, an_account(), actor=OPERATOR, first_password=MailedLink())
    [token] = [line.rpartition("/")[2] for line in letters[0].body.split() if "/password/choose/" in line]
    assert parts.links.open(token) is None


def test_what_the_caller_does_besides_is_kept_with_it_or_not_at_all(parts, jeanne_account):
    def grant_and_provision():
        with parts.database.transaction() as session:
            parts.access.grant(session, jeanne_account.login, "dcc", actor=OPERATOR)
            parts.provisioning.provision(session, an_account(login=jeanne_account.login), actor=OPERATOR)

    with pytest.raises(UsernameTaken):
        grant_and_provision()
    assert parts.as_it_stands(jeanne_account).entitlements == {}


def test_an_error_of_the_caller_is_not_taken_for_a_username_that_is_taken(parts, jeanne_account):
    def entitle_nobody_and_provision():
        with parts.database.transaction() as session:
            session.add(Entitlement(account_id="0" * 32, application="dcc", granted_at=jeanne_account.created_at))
            parts.provisioning.provision(session, an_account(), actor=OPERATOR)

    with pytest.raises(IntegrityError):
        entitle_nobody_and_provision()


def test_several_changes_of_an_account_in_one_transaction_are_seen_together(parts, store, jeanne_account):
    elsewhere = parts.with_settings(store)
    assert not elsewhere.accounts.snapshot(jeanne_account.account_id).disabled
    with parts.database.transaction() as session:
        assert parts.access.grant(session, jeanne_account.login, "dcc", actor=OPERATOR)
        assert not parts.access.grant(session, jeanne_account.login, "dcc", actor=OPERATOR)
        assert parts.provisioning.disable(session, jeanne_account.login, actor=OPERATOR)
    seen = elsewhere.accounts.snapshot(jeanne_account.account_id, fresh=True)
    assert (seen.disabled, seen.entitlements.keys()) == (True, {"dcc"})


@pytest.mark.parametrize(
    "refused",
    [
        {"entitlements": {"dcc": AssignmentTerms(role="a b")}},
        {"memberships": {"nowhere": UNLIMITED}},
        {"identifiers": [Identifier(kind=IdentifierKind.ADELI, value="459912346", proof=IdentifierProof.OPERATOR)]},
    ],
    ids=lambda refused: next(iter(refused)),
)
def test_an_account_that_is_refused_in_part_is_not_there_and_the_transaction_goes_on(parts, jeanne_account, refused):
    parts.service.add_identifier("jdupont", IdentifierKind.ADELI, "459912346", IdentifierProof.OPERATOR, actor=OPERATOR)
    lines = parts.trail()
    with parts.database.transaction() as session:
        with pytest.raises((AssignmentRefused, NoSuchCommunity, IdentifierTaken)):
            parts.provisioning.provision(session, an_account(), actor=OPERATOR, **refused)
        parts.access.grant(session, "jdupont", "dcc", actor=OPERATOR)
    assert [snapshot.login for snapshot in parts.accounts.list()] == ["jdupont"]
    assert parts.trail() == [*lines, "entitlement.granted"]
