from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from sqlalchemy import event, select, text, update
from sqlalchemy.exc import IntegrityError

from config.audit.trail import Audit
from config.sql.versioned_cache import Revisions
from relying_parties.policy import AssuranceLevel, ClientAuthentication, SubjectType
from relying_parties.problems import AlreadyRegistered, HasNoSecret, NoSuchApplication, RegistrationProblems
from relying_parties.registry.mapping import APPLICATION
from relying_parties.registry.models import OidcClientRow
from relying_parties.registry.registry import Outcome, Registry
from tests.builders.operators import ANOTHER_OPERATOR, OPERATOR
from tests.builders.registry import A_LOGO, a_registration

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def database(every_database):
    """Every promise is kept on both."""
    return every_database


@pytest.fixture
def statements(database):
    said = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _cu, statement, *_: said.append(statement))
    return said


def audited(database):
    with database.reading() as connection:
        return [
            tuple(row)
            for row in connection.execute(text("SELECT kind, application, actor FROM audit_event ORDER BY id"))
        ]


def test_an_application_is_found_by_its_client_id_as_it_was_registered(registry):
    registration = a_registration(logo=A_LOGO)

    application, secret = registry.register(registration, actor=OPERATOR)

    assert registry.by_client_id("dcc") == application == registry.by_name("dcc")
    assert application.oidc == registration.oidc
    assert application.lowest_assurance is AssuranceLevel.PASSWORD
    assert application.verify_secret(secret)
    assert registry.logo("dcc") == A_LOGO
    assert application.logo == A_LOGO.digest


def test_the_name_is_the_default_client_id(registry):
    application, _ = registry.register(a_registration(client_id=None), actor=OPERATOR)

    assert application.client_id == "dcc"
    assert registry.by_client_id("dcc") == application


def test_the_client_id_of_another_application_is_refused_as_a_name(registry):
    registry.register(a_registration(name="perinat", client_id="dcc"), actor=OPERATOR)

    with pytest.raises(AlreadyRegistered, match="the client_id dcc"):
        registry.register(a_registration(client_id=None), actor=OPERATOR)


def test_an_unknown_client_id_finds_no_application(registry):
    assert registry.by_client_id("dcc") is None
    for never_one in ("", "\ud800", "\x00", "é", "x" * 1000):
        assert registry.by_client_id(never_one) is None
        assert registry.logo(never_one) is None


def test_an_application_is_read_once_and_then_cached(registry, statements):
    registry.register(a_registration(), actor=OPERATOR)
    registry.by_client_id("dcc")
    statements.clear()

    for _ in range(100):
        registry.by_client_id("dcc")

    assert [statement for statement in statements if "relying_party" in statement] == []


def test_finding_an_application_is_one_indexed_read(registry, database, statements):
    registry.register(a_registration(), actor=OPERATOR)
    statements.clear()

    registry.by_client_id("dcc")

    assert len([statement for statement in statements if "oidc_client" in statement]) == 1
    if not database.is_sqlite:
        return  # PostgreSQL would rather read a table of one row whole
    query = APPLICATION.where(text("relying_party.identifier = 'dcc'")).compile(database.engine)
    with database.reading() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert all(step.startswith("SEARCH") for step in plan), plan


def test_unknown_client_ids_do_not_fill_the_cache(database):
    registry = Registry(database, Revisions(database), Audit(database), cache_size=2)
    for name in ("dcc", "perinat", "pacs"):
        registry.register(a_registration(name=name, client_id=name), actor=OPERATOR)

    for client_id in ("dcc", "perinat", "pacs", "unknown-1", "unknown-2"):
        registry.by_client_id(client_id)

    assert len(registry._applications) == 2


def test_a_change_is_seen_by_another_node(registry, database):
    elsewhere = Registry(database, Revisions(database, checked_every=timedelta(0)), Audit(database))
    registry.register(a_registration(), actor=OPERATOR)
    assert not elsewhere.by_client_id("dcc").is_suspended

    registry.suspend("dcc", actor=OPERATOR)

    assert elsewhere.by_client_id("dcc").is_suspended
    assert registry.by_client_id("dcc").is_suspended


@pytest.mark.parametrize("taken", [{"client_id": "other"}, {"name": "other"}])
def test_a_name_or_a_client_id_belongs_to_one_application(registry, taken):
    registry.register(a_registration(), actor=OPERATOR)

    with pytest.raises(AlreadyRegistered):
        registry.register(a_registration(**taken), actor=OPERATOR)


def test_declaring_the_same_again_changes_nothing(registry, database):
    first = registry.declare(a_registration(logo=A_LOGO), actor=OPERATOR)
    lines = audited(database)

    again = registry.declare(a_registration(logo=A_LOGO, client_id=None), actor=OPERATOR)

    assert (first.outcome, again.outcome) == (Outcome.REGISTERED, Outcome.UNCHANGED)
    assert again.application == first.application
    assert again.secret is None
    assert audited(database) == lines


def test_declaring_a_changed_registration_amends_and_names_the_changes(registry):
    first = registry.declare(a_registration(), actor=OPERATOR)

    amended = registry.declare(a_registration(redirect_uris=("https://dcc.example/back",), logo=A_LOGO), actor=OPERATOR)

    assert amended.outcome is Outcome.AMENDED
    assert amended.changed == ("redirect_uris", "logo")
    assert amended.secret is None
    assert registry.by_client_id("dcc").oidc.redirect_uris == ("https://dcc.example/back",)
    assert registry.by_client_id("dcc").verify_secret(first.secret)
    assert registry.logo("dcc") == A_LOGO


def test_an_amendment_does_not_resume_a_suspended_application(registry):
    registry.declare(a_registration(), actor=OPERATOR)
    registry.suspend("dcc", actor=OPERATOR)

    assert registry.declare(a_registration(confirm_identity=True), actor=OPERATOR).application.is_suspended


def test_a_change_of_client_authentication_makes_or_deletes_the_secret(registry):
    public = a_registration(client_authentication=ClientAuthentication.NONE)
    assert registry.declare(public, actor=OPERATOR).secret is None

    secret = registry.declare(a_registration(), actor=OPERATOR).secret
    assert registry.by_client_id("dcc").verify_secret(secret)

    registry.declare(public, actor=OPERATOR)
    assert not registry.by_client_id("dcc").verify_secret(secret)


def test_a_client_id_cannot_change(registry):
    registry.declare(a_registration(), actor=OPERATOR)

    with pytest.raises(AlreadyRegistered, match="cannot change"):
        registry.declare(a_registration(client_id="other"), actor=OPERATOR)


def test_the_subject_type_and_the_sector_cannot_change(registry):
    registry.declare(a_registration(), actor=OPERATOR)
    pairwise = a_registration(subject_type=SubjectType.PAIRWISE, sector="dcc.example")

    with pytest.raises(RegistrationProblems, match="would no longer recognise anyone"):
        registry.declare(pairwise, actor=OPERATOR)


def test_the_previous_secret_is_valid_for_a_day(registry):
    with time_machine.travel(NOON, tick=False) as clock:
        _, first = registry.register(a_registration(), actor=OPERATOR)
        rotated = registry.rotate_secret("dcc", actor=OPERATOR)
        application = registry.by_client_id("dcc")

        assert rotated.previous_good_until == NOON + timedelta(hours=24)
        assert application.verify_secret(rotated.secret)
        clock.shift(timedelta(hours=24) - timedelta(seconds=1))
        assert application.verify_secret(first)
        clock.shift(timedelta(seconds=1))
        assert not application.verify_secret(first)
        assert application.verify_secret(rotated.secret)


def test_a_leaked_secret_ends_at_once(registry):
    _, first = registry.register(a_registration(), actor=OPERATOR)

    rotated = registry.rotate_secret("dcc", actor=OPERATOR, overlap=timedelta(0))

    assert rotated.previous_good_until is None
    assert not registry.by_client_id("dcc").verify_secret(first)


def test_a_second_rotation_ends_the_secret_before_the_previous_one(registry):
    _, first = registry.register(a_registration(), actor=OPERATOR)
    second = registry.rotate_secret("dcc", actor=OPERATOR).secret

    registry.rotate_secret("dcc", actor=OPERATOR)

    assert registry.by_client_id("dcc").verify_secret(second)
    assert not registry.by_client_id("dcc").verify_secret(first)


def test_a_public_client_has_no_secret_to_rotate_or_to_know(registry):
    application, secret = registry.register(
        a_registration(client_authentication=ClientAuthentication.NONE), actor=OPERATOR
    )

    assert secret is None
    assert not application.verify_secret("")
    with pytest.raises(HasNoSecret):
        registry.rotate_secret("dcc", actor=OPERATOR)


def test_a_secret_is_not_stored_or_logged_in_clear(registry, database):
    declared = registry.declare(a_registration(), actor=OPERATOR)
    rotated = registry.rotate_secret("dcc", actor=OPERATOR)

    for secret, told in [(declared.secret, declared), (rotated.secret, rotated)]:
        assert len(secret) == 43  # 256 bits
        assert secret not in repr(told)
        with database.reading() as connection:
            for table in ("relying_party", "oidc_client", "audit_event"):
                rows = connection.execute(select(text("*")).select_from(text(table))).all()
                assert secret not in repr(rows)
    assert rotated.application.secrets[0].digest not in repr(rotated)


@pytest.mark.parametrize("secret", ["", "x", "é", "\ud800", "\x00", "a" * 10_000])
def test_any_text_as_a_secret_gets_an_answer(registry, secret):
    application, _ = registry.register(a_registration(), actor=OPERATOR)

    assert not application.verify_secret(secret)


def test_each_change_writes_one_audit_entry(registry, database):
    registry.declare(a_registration(), actor=OPERATOR)
    registry.declare(a_registration(confirm_identity=True), actor=OPERATOR)
    registry.suspend("dcc", actor=OPERATOR)
    registry.suspend("dcc", actor=OPERATOR)
    registry.resume("dcc", actor=OPERATOR)
    registry.rotate_secret("dcc", actor=ANOTHER_OPERATOR)

    assert audited(database) == [
        ("application.registered", "dcc", str(OPERATOR)),
        ("application.amended", "dcc", str(OPERATOR)),
        ("application.suspended", "dcc", str(OPERATOR)),
        ("application.resumed", "dcc", str(OPERATOR)),
        ("secret.rotated", "dcc", str(ANOTHER_OPERATOR)),
    ]


def test_a_change_is_rolled_back_when_its_audit_entry_cannot_be_written(registry, monkeypatch):
    class FullDiskError(Exception):
        pass

    def full(*_):
        raise FullDiskError

    monkeypatch.setattr(registry._audit, "record", full)
    with pytest.raises(FullDiskError):
        registry.register(a_registration(), actor=OPERATOR)

    assert registry.by_client_id("dcc") is None


@pytest.mark.parametrize("change", ["suspend", "resume", "rotate_secret"])
def test_an_unknown_application_cannot_be_changed(registry, change):
    with pytest.raises(NoSuchApplication, match="dcc"):
        getattr(registry, change)("dcc", actor=OPERATOR)


def test_applications_are_listed_by_name_page_after_page(registry):
    for name in ("pacs", "dcc", "perinat"):
        registry.register(a_registration(name=name, client_id=None), actor=OPERATOR)

    first = registry.list(limit=2)
    rest = registry.list(after=first[-1].name, limit=2)

    assert [application.name for application in [*first, *rest]] == ["dcc", "pacs", "perinat"]


def all_at_once(act):
    """What each of four threads that start together was answered."""
    together, answers = Barrier(4), []

    def run():
        together.wait()
        try:
            answers.append(act())
        except AlreadyRegistered as taken:
            answers.append(taken)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    return answers


def test_one_of_many_simultaneous_registrations_of_a_name_succeeds(registry):
    answers = all_at_once(lambda: registry.register(a_registration(), actor=OPERATOR))

    [(_, secret)] = [answer for answer in answers if not isinstance(answer, AlreadyRegistered)]
    assert registry.by_client_id("dcc").verify_secret(secret)


def test_one_of_many_simultaneous_declarations_registers_and_the_others_change_nothing(registry):
    answers = all_at_once(lambda: registry.declare(a_registration(), actor=OPERATOR))

    assert sorted(answer.outcome for answer in answers) == [Outcome.REGISTERED, *[Outcome.UNCHANGED] * 3]


def test_the_database_refuses_a_secret_where_none_is_declared(registry, database):
    registry.register(a_registration(), actor=OPERATOR)

    public = update(OidcClientRow).values(client_authentication=ClientAuthentication.NONE)
    with database.transaction() as session, pytest.raises(IntegrityError):
        session.execute(public)


def test_the_receivers_of_an_attribute_are_those_with_a_back_channel_and_are_read_once(registry, statements):
    called = {"backchannel_logout_uri": "https://app.example/logout"}
    for name, attributes, address in (
        ("dcc", ["operator_roles"], called),
        ("perinat", ["email"], called),
        ("etudes", ["operator_roles"], {}),
    ):
        named = {"name": name, "identifier": name, "attributes": frozenset(attributes)}
        registry.register(a_registration(**named, **address), actor=OPERATOR)
    assert registry.receiving("operator_roles") == ("dcc",)
    del statements[:]
    assert [registry.receiving("operator_roles") for _ in range(3)] == [("dcc",)] * 3
    assert [said for said in statements if "oidc_client" in said] == []
