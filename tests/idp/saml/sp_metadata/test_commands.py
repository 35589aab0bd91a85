"""`idp metadata ...`: what the commands print for operators and for scripts."""

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
    """The `obj` that the `idp` command passes to the group."""

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
    """An aggregate with one service provider, added and fetched."""
    url = publisher.publishes(signed(an_aggregate(an_entity())))
    assert run("source", "add", "renater", url, "--certificate", certificate).exit_code == 0
    assert run("refresh", "renater").exit_code == 0


def test_adding_a_source_names_the_next_command_and_adding_it_again_changes_nothing(run, certificate, publisher):
    url = publisher.publishes(b"")
    done = run("source", "add", "renater", url, "--certificate", certificate)
    assert (done.exit_code, "idp metadata refresh renater" in done.stdout) == (0, True)
    assert "renater is unchanged" in run("source", "add", "renater", url, "--certificate", certificate).stdout


def test_every_problem_of_a_source_is_reported_at_once(run, tmp_path):
    (tmp_path / "wrong.pem").write_text("no certificate", encoding="ascii")
    refused = run("source", "add", "Renater!", "ftp://federation.example/", "--certificate", tmp_path / "wrong.pem")
    assert refused.exit_code == 1
    assert [line.split(":")[0] for line in refused.stderr.splitlines()] == ["NAME", "URL", "--certificate"]


def test_a_refresh_counts_the_service_providers(run, federation):
    assert "renater is refreshed, 1 service providers" in run("refresh", "renater").stdout


def test_a_refused_refresh_says_why_and_exits_with_1(run, federation, publisher):
    publisher.publishes(an_aggregate(an_entity()).encode())
    refused = run("refresh", "renater")
    assert (refused.exit_code, "its root must be signed" in refused.stderr) == (1, True)


def test_the_list_shows_sources_and_applications_and_their_state(run, sp_metadata, federation, publisher):
    sp_metadata.registers(by_source("renater"), MESSAGING)
    listed = run("list").stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["renater", "aggregate"], ["messagerie", "source"]]
    assert all(line.endswith("in force") for line in listed)


def test_warnings_name_metadata_and_certificates_that_end_soon(run, sp_metadata, publisher):
    ending = a_signer("short.exemple.test", good_for=5)
    document = a_signed_entity(valid_until=in_days(1.5), certificate=ending.certificate)
    sp_metadata.registers(by_url(publisher.publishes(document)), MESSAGING)
    (found,) = json.loads(run("list", "--warnings", "--json").stdout)
    assert found["warnings"] == ["ends within 2 days", "a certificate ends within 7 days"]


def test_a_source_that_applications_use_is_not_removed(run, sp_metadata, federation):
    sp_metadata.registers(by_source("renater"), MESSAGING)
    refused = run("source", "remove", "renater")
    assert (refused.exit_code, "messagerie" in refused.stderr) == (4, True)


def test_an_unused_source_is_removed_with_its_entities(run, sp_metadata, federation):
    assert run("source", "remove", "renater").exit_code == 0
    assert sp_metadata.service.sources.entities.digests("renater") == {}
    assert run("source", "remove", "renater").exit_code == 3


def test_an_unknown_name_is_not_found(run):
    assert run("refresh", "nobody").exit_code == 3


def test_a_check_reports_every_problem_at_once_and_stores_nothing(run, sp_metadata, certificate, publisher):
    document = a_signed_entity(
        by=a_signer("stranger.exemple.test"), valid_until="2099-01-01T00:00:00Z", acs=["http://x/"]
    )
    refused = run("check", publisher.publishes(document), "--certificate", certificate)
    fields = [line.split(":")[0] for line in refused.stderr.splitlines()]
    assert refused.exit_code == 1
    assert fields[:2] == ["the signature", "validUntil"]
    assert len(fields) > 2
    assert sp_metadata.service.followers.list() == []


def test_a_check_of_a_valid_file_succeeds(run, certificate, tmp_path):
    file = tmp_path / "messagerie.xml"
    file.write_bytes(a_signed_entity())
    result = run("check", file, "--certificate", certificate, "--entity-id", MESSAGING, "--json")
    assert json.loads(result.stdout)["entity_id"] == MESSAGING


def test_a_check_without_a_certificate_notes_that_the_signature_was_not_checked(run, tmp_path):
    file = tmp_path / "messagerie.xml"
    file.write_text(an_entity(), encoding="utf-8")
    result = run("check", file)
    assert (result.exit_code, MESSAGING in result.stdout) == (0, True)
    assert "the signature was not checked" in result.stderr


def test_metadata_at_an_address_must_be_signed(run, publisher):
    refused = run("check", publisher.publishes(an_entity().encode()))
    assert (refused.exit_code, "must be a certificate in PEM" in refused.stderr) == (1, True)


def test_a_database_that_does_not_answer_gives_exit_code_5(run, monkeypatch):
    def away(_):
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(MetadataSources, "list", away)
    assert run("list").exit_code == 5


@pytest.mark.parametrize("command", [[], ["source"], ["source", "add"], *([name] for name in metadata.commands)])
def test_the_help_of_each_command_lists_exit_codes_and_opens_no_database(command):
    result = CliRunner().invoke(metadata, [*command, "--help"], obj=None)
    assert result.exit_code == 0
    assert "5  the database does not answer" in result.stdout


def test_a_large_aggregate_is_checked(run, certificate, tmp_path):
    file = tmp_path / "federation.xml"
    entities = [
        an_entity(f"https://sp{number}.example/", acs=[f"https://sp{number}.example/acs"]) for number in range(2500)
    ]
    file.write_bytes(signed(an_aggregate(*entities, entities[0])))
    assert file.stat().st_size > 1_000_000
    result = run("check", file, "--certificate", certificate)
    assert (result.exit_code, "2499 service providers" in result.stdout) == (0, True)
    assert "https://sp0.example/ cannot be used: it occurs more than once" in result.stderr
    assert run("check", file).exit_code == 1


def test_a_missing_file_is_named(run, tmp_path):
    assert str(tmp_path / "none.xml") in str(run("check", tmp_path / "none.xml").exception)
