import json
from pathlib import Path

import pytest
from sqlalchemy import text

from config.actor import Actor
from config.commands import ExitCode
from config.reference.professions import PROFESSIONS
from config.sql.database import DatabaseUnavailable
from idp.accounts.commands import account
from idp.accounts.passwords.passwords import Changed, NotVerified, Verified
from idp.accounts.passwords.policies import PolicyFault
from idp.accounts.passwords.policy_problems import PROBLEMS
from tests.builders.accounts import ADDRESS, ANOTHER_PASSWORD, PASSWORD, RPPS

JEANNE = ["--given-name", "Jeanne", "--family-name", "Dupont", "--email", "jeanne.dupont@exemple.test"]


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n", encoding="utf-8")
    return str(file)


def test_an_account_is_created_and_what_is_next_is_said(idp_account, parts):
    done = idp_account("create", *JEANNE, "--profession", "10")
    assert done.exit_code == ExitCode.DONE
    assert "The account jdupont is open, for Jeanne Dupont." in done.stdout
    assert "idp account set-password jdupont --mail-link" in done.stdout
    assert parts.accounts.by_username("jdupont").profession == "10"


def test_an_account_is_created_with_the_password_of_a_file(idp_account, parts, password_file):
    assert idp_account("create", *JEANNE, "--password-file", password_file).exit_code == ExitCode.DONE
    assert isinstance(parts.passwords.verify("jdupont", PASSWORD), Verified)
    assert parts.accounts.by_username("jdupont").must_change


def test_an_account_whose_password_is_refused_is_not_created(idp_account, parts):
    refused = idp_account("create", *JEANNE, "--password-file", "-", given="Jeanne-Dupont-71!\n")
    assert refused.exit_code == ExitCode.REFUSED
    assert refused.stderr == (
        "password: contains the person's login, name, e-mail address or identifier (password.personal)\n"
    )
    assert parts.accounts.by_username("jdupont") is None


def test_an_account_is_created_with_a_mailed_link(idp_account, parts):
    assert "will be sent to jeanne.dupont@exemple.test" in idp_account("create", *JEANNE, "--mail-link").stdout
    chosen = parts.links.use(parts.mailed_token(), PASSWORD, address=ADDRESS, agent="test")
    assert isinstance(chosen, Changed)


def test_a_national_identifier_is_only_typed_unless_an_operator_saw_evidence(idp_account, parts):
    idp_account("create", *JEANNE, "--national-id", RPPS)
    idp_account("create", *JEANNE, "--national-id", RPPS, "--proof", "operator")
    proofs = [parts.accounts.by_username(login).national_id_proof for login in ("jdupont", "jdupont2")]
    assert proofs == ["typed", "operator"]
    taken = idp_account("create", *JEANNE, "--national-id", RPPS, "--proof", "operator")
    assert taken.exit_code == ExitCode.CONFLICT


def test_every_problem_is_told_at_once(idp_account):
    refused = idp_account("create", *JEANNE[:4], "--email", "nowhere", "--login", "J D", "--json")
    assert refused.exit_code == ExitCode.REFUSED
    told = json.loads(refused.stderr)
    assert told["error"] == "account.refused"
    assert [problem.partition(":")[0] for problem in told["problems"]] == ["email", "login"]


@pytest.mark.parametrize("missing", [0, 2, 4])
def test_an_option_that_must_be_given_is_named_when_it_is_missing(idp_account, missing):
    refused = idp_account("create", *JEANNE[:missing], *JEANNE[missing + 2 :])
    assert refused.exit_code == ExitCode.USAGE
    assert f"Missing option '{JEANNE[missing]}'" in refused.stderr


def test_an_empty_code_is_no_code(idp_account, parts):
    assert idp_account("create", *JEANNE, "--title", "").exit_code == ExitCode.DONE


def test_a_taken_login_is_a_conflict(idp_account, jeanne_account):
    assert idp_account("create", *JEANNE, "--login", "jdupont").exit_code == ExitCode.CONFLICT


def test_a_password_is_never_an_argument(idp_account):
    for name in ("create", "set-password"):
        options = [option for parameter in account.commands[name].params for option in parameter.opts]
        assert "--password" not in options
    assert idp_account("set-password", "jdupont", PASSWORD).exit_code == ExitCode.USAGE


def test_a_password_is_read_from_standard_input(idp_account, parts, jeanne_account):
    done = idp_account("set-password", "jdupont", given=ANOTHER_PASSWORD + "\r\n")
    assert (done.exit_code, done.stdout) == (
        ExitCode.DONE,
        "The password of jdupont is set. It must be changed when they next log in.\n",
    )
    assert isinstance(parts.passwords.verify("jdupont", ANOTHER_PASSWORD), Verified)
    assert parts.trail()[-1] == "password.set"


def test_a_password_that_an_operator_knows_is_to_be_changed_unless_said_otherwise(idp_account, parts, jeanne_account):
    idp_account("set-password", "jdupont", given=ANOTHER_PASSWORD)
    assert parts.as_it_stands(jeanne_account).must_change
    idp_account("set-password", "jdupont", "--permanent", given=PASSWORD)
    assert not parts.as_it_stands(jeanne_account).must_change


def test_a_refused_password_is_told_why_and_never_shown(idp_account, parts, jeanne_account):
    refused = idp_account("set-password", "jdupont", given="Motdepasse-2026!")
    assert (refused.exit_code, refused.stderr) == (
        ExitCode.REFUSED,
        "password: is too common: it would soon be guessed (password.common)\n",
    )
    assert "Motdepasse" not in refused.output
    assert isinstance(parts.passwords.verify("jdupont", PASSWORD), Verified)


def test_what_is_not_text_is_no_password(idp_account, jeanne_account, tmp_path):
    for octets, why in (
        (b"\xff\xfeT\x00", "is written in UTF-16: save it as UTF-8"),
        (b"ok\n\xff", "is not text in UTF-8 (line 2): save it as UTF-8"),
    ):
        (tmp_path / "octets").write_bytes(octets)
        refused = idp_account("set-password", "jdupont", "--password-file", str(tmp_path / "octets"))
        assert (refused.exit_code, refused.stderr) == (ExitCode.REFUSED, f"the password {why}\n")


def test_a_link_is_mailed_on_demand(idp_account, parts, jeanne_account):
    assert (
        "A link to choose the password will be sent to jeanne.dupont@exemple.test."
        in idp_account("set-password", "jdupont", "--mail-link").stdout
    )
    assert parts.links.open(parts.mailed_token()) is not None


def test_no_link_is_mailed_to_a_disabled_account(idp_account, parts, jeanne_account):
    idp_account("disable", "jdupont")
    assert idp_account("set-password", "jdupont", "--mail-link").exit_code == ExitCode.REFUSED
    assert not any("/password/choose/" in letter.get_content() for letter in parts.letters())


def test_an_account_is_disabled_and_enabled_and_again_changes_nothing(idp_account, parts, jeanne_account):
    assert "is disabled" in idp_account("disable", "jdupont").stdout
    assert "nothing to change" in idp_account("disable", "jdupont").stdout
    assert parts.passwords.verify("jdupont", PASSWORD) == NotVerified()
    assert idp_account("enable", "jdupont").stdout == "jdupont is enabled.\n"
    assert isinstance(parts.passwords.verify("jdupont", PASSWORD), Verified)


def test_what_is_shown_holds_no_secret(idp_account, jeanne_account):
    shown = json.loads(idp_account("show", "jdupont", "--json").stdout)
    assert (shown["login"], shown["account_id"], shown["password_expires_at"]) == (
        "jdupont",
        jeanne_account.account_id,
        None,
    )
    for output in (json.dumps(shown), idp_account("show", "jdupont").stdout, idp_account("list", "--json").stdout):
        assert "argon2" not in output


def test_accounts_are_listed_a_page_at_a_time(idp_account, parts):
    for name in ("Anne", "Marc"):
        parts.opens(given_name=name, family_name="Le Gall", password=None)
    page = idp_account("list", "--limit", "1")
    assert page.stdout.startswith("alegall")
    assert "--after alegall" in page.stderr
    assert idp_account("list", "--after", "alegall").stdout.startswith("mlegall")
    assert [each["login"] for each in json.loads(idp_account("list", "--query", "marc", "--json").stdout)] == [
        "mlegall"
    ]


@pytest.mark.parametrize("name", ["show", "disable", "enable", "set-password"])
def test_an_unknown_account_is_not_found(idp_account, name):
    assert idp_account(name, "nobody").exit_code == ExitCode.NOT_FOUND
    assert json.loads(idp_account(name, "nobody", "--json").stderr)["error"] == "account.unknown"


def test_a_database_that_is_away_has_an_exit_code_of_its_own(idp_account, parts, monkeypatch):
    def away(*_):
        raise DatabaseUnavailable("the database does not answer")

    monkeypatch.setattr(type(parts.accounts), "by_username", away)
    assert idp_account("show", "jdupont").exit_code == ExitCode.UNAVAILABLE


@pytest.mark.parametrize("name", [None, *account.commands])
def test_each_command_says_its_exit_codes(idp_account, name):
    assert "Exit codes:" in idp_account(*([name] if name else []), "--help").stdout


def test_every_fault_of_a_password_is_said_in_words():
    assert set(PROBLEMS) == set(PolicyFault)


def test_a_profession_is_a_code_that_the_help_lists(idp_account):
    help_text = idp_account("create", "--help").stdout
    assert all(f"{code}  {known.label.french}" in help_text for code, known in PROFESSIONS.items())
    for wrong, said in (
        ("11", "is not the code of a profession"),
        ("infirmier", "60 is Infirmier, 69 is Infirmier psychiatrique"),
    ):
        refused = idp_account("create", *JEANNE, "--profession", wrong)
        assert refused.exit_code == ExitCode.USAGE
        assert said in refused.stderr


def test_a_profession_is_shown_by_code_and_name(idp_account):
    idp_account("create", *JEANNE, "--profession", "60")
    assert "60 (Infirmier)" in idp_account("show", "jdupont").stdout
    assert json.loads(idp_account("show", "jdupont", "--json").stdout)["profession"] == "60"


def test_the_trail_names_the_system_s_user(idp_account, parts):
    idp_account("create", *JEANNE)
    with parts.database.reading() as connection:
        [actor] = connection.execute(text("SELECT DISTINCT actor FROM audit_event")).scalars()
    assert actor == str(Actor.command_line())
    assert actor.startswith("cli:")


def test_attributes_are_changed_by_options_and_an_empty_one_takes_an_attribute_away(idp_account, parts, jeanne_account):
    changed = idp_account("change", "jdupont", "--title", "DR", "--telephone", "02 61 91 00 00", "--country", "FR")
    assert changed.stdout == "jdupont is changed: title, country, telephone.\n"
    assert "DR (Docteur)" in idp_account("show", "jdupont").stdout
    assert idp_account("change", "jdupont", "--title", "").stdout == "jdupont is changed: title.\n"
    assert idp_account("change", "jdupont").stdout == "jdupont: nothing to change.\n"
    assert parts.as_it_stands(jeanne_account).telephone == "+33261910000"


def test_a_change_that_cannot_be_kept_is_told(idp_account, jeanne_account):
    refused = idp_account("change", "jdupont", "--family-name", "", "--email", "nowhere", "--json")
    assert refused.exit_code == ExitCode.REFUSED
    problems = json.loads(refused.stderr)["problems"]
    assert [problem.partition(":")[0] for problem in problems] == ["email", "family_name"]
    assert idp_account("change", "jdupont", "--title", "king").exit_code == ExitCode.USAGE
    assert idp_account("change", "jdupont", "--department", "999").exit_code == ExitCode.USAGE


def test_a_national_identifier_is_proven_later(idp_account, parts, jeanne_account):
    idp_account("change", "jdupont", "--national-id", RPPS)
    assert parts.as_it_stands(jeanne_account).national_id_proof == "typed"
    idp_account("change", "jdupont", "--national-id", RPPS, "--proof", "operator")
    assert parts.as_it_stands(jeanne_account).national_id_proof == "operator"
    idp_account("change", "jdupont", "--national-id", "")
    assert parts.as_it_stands(jeanne_account).national_id is None


def test_a_further_identifier_is_added_shown_and_removed(idp_account, parts, jeanne_account):
    assert idp_account("add-identifier", "jdupont", "adeli", "459912346").stdout == (
        "jdupont has the adeli number 459912346 (typed).\n"
    )
    assert "nothing to change" in idp_account("add-identifier", "jdupont", "adeli", "459912346").stdout
    idp_account("add-identifier", "jdupont", "adeli", "459912346", "--proof", "operator")
    assert "adeli 459912346 (operator)" in idp_account("show", "jdupont").stdout
    [shown] = json.loads(idp_account("show", "jdupont", "--json").stdout)["identifiers"]
    assert (shown["proof"], shown["proven_by"]) == ("operator", str(Actor.command_line()))
    parts.opens(given_name="Paul", family_name="Martin", password=None)
    taken = idp_account("add-identifier", "pmartin", "adeli", "459912346", "--proof", "operator")
    assert taken.exit_code == ExitCode.CONFLICT
    assert "no longer" in idp_account("remove-identifier", "jdupont", "adeli", "459912346").stdout
    assert "nothing to change" in idp_account("remove-identifier", "jdupont", "adeli", "459912346").stdout
