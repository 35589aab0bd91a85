"""`idp metadata ...`: what an operator is told, and what a script is."""

import json

import pytest
from click.testing import CliRunner

from config.sql.database import DatabaseUnavailable
from idp.saml.sp_metadata.commands import metadata
from relying_parties.registry.metadata_sources import MetadataSources
from tests.builders.metadata import MESSAGING, a_signed_entity, a_signer, an_aggregate, an_entity, in_days, signed
from tests.fixtures.metadata import by_source, by_url

pytestmark = pytest.mark.slow


class Installation:
    """What the `idp` command passes to the group."""

    def __init__(self, service):
        self.service = service

    def metadata_service(self):
        return self.service


@pytest.fixture
def run(sp_metadata):
    def run(*arguments):
        return CliRunner().invoke(metadata, [str(word) for word in arguments], obj=Installation(sp_metadata.service))

    return run


@pytest.fixture
def certificate(tmp_path):
    file = tmp_path / "federation.pem"
    file.write_text(a_signer().pem, encoding="ascii")
    return file


@pytest.fixture
def federation(run, certificate, publisher):
    """An aggregate of one, declared and fetched."""
    url = publisher.publishes(signed(an_aggregate(an_entity())))
    assert run("source", "add", "renater", url, "--certificate", certificate).exit_code == 0
    assert run("refresh", "renater").exit_code == 0


def test_adding_a_source_says_what_is_next_and_adding_it_again_changes_nothing(run, certificate, publisher):
    url = publisher.publishes(b"")
    done = run("source", "add", "renater", url, "--certificate", certificate)
    assert (done.exit_code, "idp metadata refresh renater" in done.stdout) == (0, True)
    assert "renater is unchanged" in run("source", "add", "renater", url, "--certificate", certificate).stdout


def test_every_problem_of_a_source_is_told_at_once(run, tmp_path):
    (tmp_path / "wrong.pem").write_text("no certificate", encoding="ascii")
    refused = run("source", "add", "Renater!", "ftp://federation.example/", "--certificate", tmp_path / "wrong.pem")
    assert refused.exit_code == 1
    assert [line.split(":")[0] for line in refused.stderr.splitlines()] == ["NAME", "URL", "--certificate"]


def test_refreshing_says_how_many_service_providers_there_are(run, federation):
    assert "renater is fresh, 1 service providers" in run("refresh", "renater").stdout


def test_a_refused_refresh_says_why_and_exits_with_1(run, federation, publisher):
    publisher.publishes(an_aggregate(an_entity()).encode())
    refused = run("refresh", "renater")
    assert (refused.exit_code, "its root must be signed" in refused.stderr) == (1, True)


def test_the_list_shows_sources_and_applications_and_their_state(run, sp_metadata, federation, publisher):
    sp_metadata.registers(by_source("renater"), MESSAGING)
    listed = run("list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["renater", "aggregate"], ["messagerie", "source"]]
    assert all(line.endswith("in force") for line in listed)


def test_what_ends_soon_is_what_worries(run, sp_metadata, publisher):
    ending = a_signer("short.exemple.test", good_for=5)
    document = a_signed_entity(valid_until=in_days(1.5), certificate=ending.certificate)
    sp_metadata.registers(by_url(publisher.publishes(document)), MESSAGING)
    (found,) = json.loads(run("list", "--warnings", "--json").stdout)
    assert found["warnings"] == ["ends within 2 days", "a certificate ends within 7 days"]


def test_a_source_that_applications_use_is_not_removed(run, sp_metadata, federation):
    sp_metadata.registers(by_source("renater"), MESSAGING)
    refused = run("source", "remove", "renater")
    assert (refused.exit_code, "messagerie" in refused.stderr) == (4, True)


def test_a_source_that_nobody_uses_is_removed_with_what_it_held(run, sp_metadata, federation):
    assert run("source", "remove", "renater").exit_code == 0
    assert sp_metadata.service.sources.digests("renater") == {}
    assert run("source", "remove", "renater").exit_code == 3


def test_an_unknown_name_is_not_found(run):
    assert run("refresh", "nobody").exit_code == 3


def test_checking_says_every_problem_at_once_and_keeps_nothing(run, sp_metadata, certificate, publisher):
    document = a_signed_entity(
        by=a_signer("stranger.exemple.test"), valid_until="2099-01-01T00:00:00Z", acs=["http://x/"]
    )
    refused = run("check", publisher.publishes(document), "--certificate", certificate)
    fields = [line.split(":")[0] for line in refused.stderr.splitlines()]
    assert refused.exit_code == 1
    assert fields[:2] == ["the signature", "validUntil"]
    assert len(fields) > 2
    assert sp_metadata.service.followers.list() == []


def test_a_good_file_is_said_to_be_good(run, certificate, tmp_path):
    file = tmp_path / "messagerie.xml"
    file.write_bytes(a_signed_entity())
    told = run("check", file, "--certificate", certificate, "--entity-id", MESSAGING, "--json")
    assert json.loads(told.stdout)["entity_id"] == MESSAGING


def test_a_file_without_a_certificate_is_read_and_its_signature_said_to_be_unseen(run, tmp_path):
    file = tmp_path / "messagerie.xml"
    file.write_text(an_entity(), encoding="utf-8")
    told = run("check", file)
    assert (told.exit_code, MESSAGING in told.stdout) == (0, True)
    assert "its signature was not looked at" in told.stderr


def test_what_comes_from_an_address_must_be_signed(run, publisher):
    refused = run("check", publisher.publishes(an_entity().encode()))
    assert (refused.exit_code, "must be a certificate in PEM" in refused.stderr) == (1, True)


def test_a_database_that_does_not_answer_is_an_exit_of_5(run, monkeypatch):
    def away(_):
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(MetadataSources, "list", away)
    assert run("list").exit_code == 5


@pytest.mark.parametrize("command", [[], ["source"], ["source", "add"], *([name] for name in metadata.commands)])
def test_each_command_documents_its_exit_codes_and_opens_nothing(command):
    told = CliRunner().invoke(metadata, [*command, "--help"], obj=None)
    assert told.exit_code == 0
    assert "5  the database does not answer" in told.stdout


def test_a_large_aggregate_is_checked_too(run, certificate, tmp_path):
    file = tmp_path / "federation.xml"
    entities = [
        an_entity(f"https://sp{number}.example/", acs=[f"https://sp{number}.example/acs"]) for number in range(2500)
    ]
    file.write_bytes(signed(an_aggregate(*entities, entities[0])))
    assert file.stat().st_size > 1_000_000
    told = run("check", file, "--certificate", certificate)
    assert (told.exit_code, "2499 service providers" in told.stdout) == (0, True)
    assert "https://sp0.example/ cannot be used: it is there more than once" in told.stderr
    assert run("check", file).exit_code == 1


def test_a_file_that_is_not_there_is_said_by_its_name(run, tmp_path):
    assert str(tmp_path / "none.xml") in str(run("check", tmp_path / "none.xml").exception)
