import json
import re
import stat
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from config.sql.database import DatabaseUnavailable
from relying_parties.registration.saml_sp import WeakAlgorithm
from relying_parties.registry.commands import application
from relying_parties.registry.service import RegistrationService, ReleaseReport
from tests.builders.descriptors import a_service_provider_metadata, an_endpoint
from tests.builders.operators import OPERATOR
from tests.builders.registry import AN_SVG, a_registration, client_metadata, some_capabilities
from tests.builders.saml import CONSUMER, ENTITY_ID, a_saml_registration

DCC = """
name = "dcc"
home_url = "https://dcc.example/"
logo = "dcc.svg"
lowest_assurance = "password"

[display_name]
fr = "Dossier communicant de cancérologie"

[oidc]
client_id = "dcc"
redirect_uris = ["https://dcc.example/callback"]
"""

GIVEN = ReleaseReport(
    attributes=("email", "given_name"),
    unknown=("eduPersonPrincipalName", "caf\xe9\n[hidden]"),
    unregistered=("family_name",),
    unasked=("profession",),
)


class Installation:
    """What the `idp` command passes to the group."""

    def __init__(self, registry):
        self.registry = registry

    def registration_service(self):
        return RegistrationService(
            registry=self.registry,
            capabilities=some_capabilities(),
            issuer="https://id.example",
            release_report=lambda _: (GIVEN,),
        )


@pytest.fixture
def run(registry):
    def run(*arguments, given=None):
        return CliRunner().invoke(
            application, [str(word) for word in arguments], obj=Installation(registry), input=given
        )

    return run


@pytest.fixture
def declared(tmp_path):
    (tmp_path / "dcc.svg").write_bytes(AN_SVG)
    file = tmp_path / "dcc.toml"
    file.write_text(DCC, encoding="utf-8")
    return file


def test_registering_prints_the_result_the_next_step_and_the_secret_once(run, registry, declared):
    done = run("register", declared)

    assert done.exit_code == 0
    assert "dcc is registered: Dossier communicant de cancérologie" in done.stdout
    assert "https://id.example/.well-known/openid-configuration" in done.stdout
    secret = re.search(r"client_secret +(\S+)", done.stdout)[1]
    assert registry.by_client_id("dcc").verify_secret(secret)
    assert secret not in run("register", declared).stdout


def test_registering_the_same_file_again_changes_nothing(run, declared):
    run("register", declared)

    again = run("register", declared, "--json")

    assert json.loads(again.stdout)["outcome"] == "unchanged"
    assert "client_secret" not in json.loads(again.stdout)


def test_registering_a_changed_file_prints_the_changed_fields(run, declared):
    run("register", declared)
    declared.write_text(DCC.replace("callback", "retour"), encoding="utf-8")

    assert "dcc is amended: redirect_uris" in run("register", declared).stdout


def test_all_problems_of_a_file_are_reported_together(run, registry, declared):
    declared.write_text(DCC.replace("password", "card").replace("https", "http"), encoding="utf-8")

    refused = run("register", declared)

    assert refused.exit_code == 1
    assert refused.stdout == ""
    assert [line.split(":")[0] for line in refused.stderr.splitlines()] == [
        "oidc.redirect_uris",
        "home_url",
        "lowest_assurance",
    ]
    assert registry.list() == []


def test_problems_are_reported_in_json_too(run, declared):
    declared.write_text(DCC.replace('name = "dcc"', ""), encoding="utf-8")

    refusal = json.loads(run("register", declared, "--json").stderr)

    assert refusal["error"] == "invalid_client_metadata"  # RFC 7591 section 3.2.2
    assert [problem["field"] for problem in refusal["problems"]] == ["name"]


def test_a_bad_redirection_address_is_reported_as_invalid_redirect_uri(run, declared):
    """RFC 7591 section 3.2.2."""
    declared.write_text(DCC.replace("https://dcc.example/callback", "https://dcc.example/#x"), encoding="utf-8")

    assert json.loads(run("register", declared, "--json").stderr)["error"] == "invalid_redirect_uri"


def test_replaced_members_of_client_metadata_are_reported(run):
    """RFC 7591 section 3.2.1: the answer holds what is registered."""
    given = client_metadata(grant_types=["authorization_code", "refresh_token"])
    answered = run("register", "-", given=json.dumps(given))

    assert json.loads(answered.stdout)["grant_types"] == ["authorization_code"]
    assert "Replaced by values that are supported: grant_types" in answered.stderr


def test_registering_client_metadata_prints_the_registered_metadata(run, registry):
    """RFC 7591 section 3.2.1."""
    given = client_metadata(software_version="3")

    done = run("register", "-", given=json.dumps(given))

    answer = json.loads(done.stdout)
    assert done.exit_code == 0
    assert answer["client_secret_expires_at"] == 0
    assert answer["client_id_issued_at"] > 0
    assert answer["redirect_uris"] == given["redirect_uris"]
    assert registry.by_client_id(answer["client_id"]).verify_secret(answer["client_secret"])
    assert "software_version" in done.stderr
    assert "software_version" not in answer


def test_metadata_on_standard_input_never_amend_an_application(run):
    run("register", "-", given=json.dumps(client_metadata()))

    assert run("register", "-", given=json.dumps(client_metadata())).exit_code == 4


def test_a_secret_can_go_to_a_file_that_only_its_owner_reads(run, registry, declared, tmp_path):
    secret_file = tmp_path / "dcc.secret"

    done = run("register", declared, "--secret-file", secret_file)

    secret = secret_file.read_text().strip()
    assert stat.S_IMODE(secret_file.stat().st_mode) == 0o600
    assert secret not in done.output
    assert registry.by_client_id("dcc").verify_secret(secret)
    assert "client_secret" not in json.loads(run("rotate-secret", "dcc", "--json", "--secret-file", secret_file).stdout)
    assert registry.by_client_id("dcc").verify_secret(secret_file.read_text().strip())


def test_a_secret_file_is_unchanged_when_no_secret_was_made(run, declared, tmp_path):
    secret_file = tmp_path / "dcc.secret"
    run("register", declared, "--secret-file", secret_file)
    kept = secret_file.read_text()

    run("register", declared, "--secret-file", secret_file)

    assert secret_file.read_text() == kept
    assert sorted(file.name for file in tmp_path.glob("*dcc*")) == ["dcc.secret", "dcc.svg", "dcc.toml"]


def test_nothing_is_registered_when_its_secret_cannot_be_written(run, registry, declared, tmp_path):
    refused = run("register", declared, "--secret-file", tmp_path / "away" / "dcc.secret")

    assert refused.exit_code == 1
    assert "--secret-file" in refused.stderr
    assert registry.list() == []


def test_rotating_a_secret_prints_the_end_of_the_previous_one(run, registry):
    registry.register(a_registration(), actor=OPERATOR)

    assert "works until" in run("rotate-secret", "dcc").stdout
    assert "no longer works" in run("rotate-secret", "dcc", "--at-once").stdout


def test_an_application_is_suspended_and_resumed(run, registry):
    registry.register(a_registration(), actor=OPERATOR)

    assert "idp application resume dcc" in run("suspend", "dcc").stdout
    assert registry.by_client_id("dcc").is_suspended
    assert "Suspended since" in run("show", "dcc").stdout
    assert run("resume", "dcc").exit_code == 0
    assert not registry.by_client_id("dcc").is_suspended


def test_show_prints_the_equivalent_registration_file(run, declared, tmp_path):
    run("register", declared)

    (tmp_path / "shown.toml").write_text(run("show", "dcc").stdout, encoding="utf-8")

    assert "dcc is unchanged" in run("register", tmp_path / "shown.toml").stdout


def test_applications_are_listed(run, registry):
    assert "No application" in run("list").stderr
    registry.register(a_registration(), actor=OPERATOR)

    assert "Dossier communicant" in run("list").stdout
    assert [each["client_id"] for each in json.loads(run("list", "--json").stdout)] == ["dcc"]
    assert "--after dcc" in run("list", "--limit", "1").stderr


@pytest.mark.parametrize("command", ["show", "suspend", "resume", "rotate-secret"])
def test_an_unknown_application_has_its_exit_code(run, command):
    unknown = run(command, "dcc\x1b[31m", "--json")

    assert unknown.exit_code == 3
    assert json.loads(unknown.stderr)["error"] == "not_found"
    assert "\x1b" not in unknown.stderr


def test_a_public_client_has_no_secret_to_rotate(run, declared):
    declared.write_text(DCC + 'client_authentication = "none"', encoding="utf-8")
    run("register", declared)

    refused = run("rotate-secret", "dcc")

    assert refused.exit_code == 1
    assert "no secret" in refused.stderr


def test_a_client_id_of_another_application_has_its_exit_code(run, registry, declared):
    registry.register(a_registration(name="other"), actor=OPERATOR)

    assert run("register", declared).exit_code == 4


def test_a_database_that_does_not_answer_has_its_exit_code(run, registry, declared, monkeypatch):
    def away(*_, **__):
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(registry, "declare", away)

    assert run("register", declared).exit_code == 5


@pytest.mark.parametrize("command", [[], *([name] for name in application.commands)])
def test_each_command_documents_its_exit_codes_and_opens_nothing(command):
    told = CliRunner().invoke(application, [*command, "--help"], obj=None)

    assert told.exit_code == 0
    assert "5  the database does not answer" in told.stdout


@pytest.fixture
def metadata(tmp_path):
    file = tmp_path / "messagerie.xml"
    file.write_bytes(a_service_provider_metadata())
    return file


def test_a_service_provider_is_registered_straight_from_its_metadata(run, registry, metadata):
    done = run("register", metadata, "--name", "messagerie", "--lowest-assurance", "password")

    assert done.exit_code == 0, done.stderr
    assert "messagerie is registered: Messagerie sécurisée" in done.stdout
    assert "Next: give the application this address:\n  https://id.example/saml/metadata" in done.stdout
    assert registry.by_entity_id(ENTITY_ID) == registry.by_identifier("messagerie")
    assert registry.by_entity_id(ENTITY_ID).home_url == "https://messagerie.example/accueil"


def test_registering_metadata_prints_the_equivalent_registration_file(run, registry, metadata, tmp_path):
    done = run("register", metadata, "--name", "messagerie", "--lowest-assurance", "password", "--attribute", "email")
    file = tmp_path / "messagerie.toml"
    file.write_text(done.stdout.partition("registration file:\n")[2], encoding="utf-8")

    assert "messagerie is unchanged" in run("register", file).stdout
    assert registry.by_name("messagerie").attributes == {"email"}


def test_metadata_without_display_texts_get_their_name_and_the_root_of_their_site(run, registry, metadata):
    metadata.write_bytes(a_service_provider_metadata(names=""))
    run("register", metadata, "--name", "messagerie", "--lowest-assurance", "password")

    application = registry.by_name("messagerie")
    assert application.display_name.fr == "messagerie"
    assert application.home_url == "https://messagerie.example/"


def test_new_metadata_of_a_registered_service_provider_keep_its_other_terms(run, registry, metadata):
    run("register", metadata, "--name", "messagerie", "--lowest-assurance", "password", "--entry", "everyone")
    metadata.write_bytes(a_service_provider_metadata(endpoints=[an_endpoint(f"{CONSUMER}/new")]))

    assert "messagerie is amended: service_provider" in run("register", metadata, "--name", "messagerie").stdout
    assert "messagerie is unchanged" in run("register", metadata, "--name", "messagerie").stdout
    application = registry.by_name("messagerie")
    assert application.entry == "everyone"
    assert application.saml.service_provider.assertion_consumer_service().location == f"{CONSUMER}/new"


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ((), "--name"),
        (("--name", "Messagerie"), "--name"),
        (("--name", "messagerie"), "--lowest-assurance"),
        (("--name", "messagerie", "--lowest-assurance", "password", "--attribute", "shoe size"), "--attribute"),
        (("--name", "messagerie", "--lowest-assurance", "password", "--entry", "nobody"), "--entry"),
    ],
)
def test_a_problem_is_reported_with_the_option_to_change(run, metadata, words, field):
    refused = run("register", metadata, *words, "--json")

    assert refused.exit_code == 1
    assert field in [problem["field"] for problem in json.loads(refused.stderr)["problems"]]


def test_the_options_of_metadata_are_for_metadata(run, declared):
    assert run("register", declared, "--name", "dcc").exit_code == 2


def test_an_application_of_a_registration_file_is_changed_by_that_file_only(run, metadata, declared):
    run("register", declared)

    assert "change it by a registration file" in run("register", metadata, "--name", "dcc").stderr


def test_show_prints_weak_algorithms_and_the_end_of_the_metadata(run, registry):
    until = datetime.now(UTC) + timedelta(days=62)
    said = {"valid_until": until, "encryption_keys": ()}
    weak = a_saml_registration(weak_algorithms=(WeakAlgorithm.RSA_SHA1,), **said)
    registry.register(weak, actor=OPERATOR)

    shown = run("show", ENTITY_ID).stdout

    assert f"# Entity id: {ENTITY_ID}" in shown
    assert f"# The metadata is valid until {until:%Y-%m-%d %H:%M} UTC." in shown
    assert "# Weak algorithms are accepted: rsa-sha1" in shown
    assert "# The metadata has no encryption key" in shown
    assert 'weak_algorithms = ["rsa-sha1"]' in shown


def test_show_prints_the_released_attributes_and_the_reason_for_missing_ones(run, registry):
    registry.register(a_saml_registration(), actor=OPERATOR)

    shown = run("show", ENTITY_ID).stdout

    assert "# Released: email, given_name\n" in shown
    assert "#   requested and unknown here: eduPersonPrincipalName, caf\\xe9\\n[hidden]\n" in shown
    assert "#   requested and not in `attributes`: family_name\n" in shown
    assert "#   in `attributes` and not requested: profession\n" in shown


def test_saml_terms_are_printed_in_json_too(run, registry):
    registry.register(a_registration(), actor=OPERATOR)
    registry.register(a_saml_registration(), actor=OPERATOR)

    dcc, messagerie = json.loads(run("list", "--json").stdout)

    assert "poterne_saml" not in dcc
    assert "client_id" not in messagerie
    assert messagerie["poterne_identifier"] == "messagerie"
    assert messagerie["poterne_saml"]["entity_id"] == ENTITY_ID
    assert messagerie["poterne_saml"]["encryption"] == "when-possible"
    assert "(SAML)" in run("list").stdout.splitlines()[1]
