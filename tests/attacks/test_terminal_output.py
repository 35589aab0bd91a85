"""Prevents: taking over an operator's terminal by a name that a stranger has chosen (ECMA-48, OSC 8 and 52, UAX #9)."""

import ast
import json
import unicodedata
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import update

from config.audit.trail import Audit, AuditEntry
from config.commands import echo, echo_lines, stop, write
from config.escaping import escaped, escaped_json
from config.sql.database import Database
from idp.accounts.communities import CommunityDescription
from idp.accounts.models import Account, Community
from idp.audit_kinds import IdpAuditKind
from idp.commands import idp, main
from idp.container.services import Services
from idp.web.fault_records import FaultRecord
from relying_parties.registry.models import OidcClientRow, RelyingParty
from tests.builders.operators import OPERATOR

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "Evil\x1b]0;owned\x07\x1b]52;c;cm0=\x1b\\\x9b31m\u202egnp.exe\u2066\u2028next\nforged line\rover\x08\x7f\ud83d"[:-1]
)
LONG_RUNNING = {"serve", "jobs", "demo", "card-listener"}


class Script:
    """The console script, as click's runner calls a command."""

    name = "idp"

    def main(self, args, **_named):
        main(list(args))


def is_safe(text: str) -> bool:
    return all(character == "\n" or unicodedata.category(character)[0] != "C" for character in text) and (
        "\u2028" not in text
    )


@pytest.fixture
def run(stocked, monkeypatch):
    """`idp ...`, on an installation where every name that can be chosen is hostile."""
    for name in ("data_folder", "redis_url", "issuer"):
        monkeypatch.setenv(f"POTERNE_{name.upper()}", str(getattr(stocked, name)))
    monkeypatch.setenv("POTERNE_ENVIRONMENT", "development")
    monkeypatch.setenv("POTERNE_MAIL_TRANSPORT", "folder")
    monkeypatch.setenv("POTERNE_ARGON2_MEMORY", "8")
    database = Database.open(stocked)
    services = Services.of(stocked, database)
    onco = CommunityDescription(name="onco", display_name_fr="Onco", display_name_en="Onco")
    services.communities.add(onco, actor=OPERATOR)
    with database.transaction() as session:
        session.execute(update(Community).values(display_name_fr=HOSTILE, display_name_en=HOSTILE, help_fr=HOSTILE))
        session.execute(update(Account).values(given_name=HOSTILE, family_name=HOSTILE, email=HOSTILE))
        session.execute(update(RelyingParty).values(display_name_fr=HOSTILE, display_name_en=HOSTILE, home_url=HOSTILE))
        session.execute(update(OidcClientRow).values(redirect_uris=[HOSTILE]))
    Audit(database).record_durably(
        AuditEntry(
            kind=IdpAuditKind.LOGIN_REFUSED, account=HOSTILE, application=HOSTILE, session=HOSTILE, method=HOSTILE,
            actor=HOSTILE, detail={HOSTILE: HOSTILE}, login=HOSTILE, address=HOSTILE, agent=HOSTILE,
        )
    )  # fmt: skip
    fault = FaultRecord(fault="client.unknown", received=HOSTILE, registered=(HOSTILE, "https://dcc.example/"))
    services.faults.keep("AAAAA-BBBBB", fault, address="192.0.2.1")
    database.close()
    return lambda *arguments, typed="": CliRunner().invoke(Script(), arguments, input=typed)


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "declared.toml").write_text(
        f"name = {json.dumps(HOSTILE)}\n{json.dumps(HOSTILE)} = 1\n", encoding="utf-8"
    )
    (folder / "metadata.xml").write_text("<EntityDescriptor/>", encoding="utf-8")
    (folder / "certificate.pem").write_text(HOSTILE, encoding="utf-8")
    (folder / "password").write_text(HOSTILE, encoding="utf-8")
    return folder


def arguments(files: Path) -> dict[str, list[list[str]]]:
    """Each command, and how it is run here."""
    file = {each.name: str(each) for each in files.iterdir()}
    named = ["--given-name", HOSTILE, "--family-name", HOSTILE, "--email", HOSTILE, "--login", HOSTILE]
    return {
        "application list": [[], ["--json"], ["--after", HOSTILE]],
        "application show": [["dcc"], ["dcc", "--json"], [HOSTILE]],
        "application register": [[file["declared.toml"]], ["-"], ["--json", "-"], [file["metadata.xml"]], [HOSTILE]],
        "application rotate-secret": [["dcc"], [HOSTILE]],
        "application suspend": [["dcc"], [HOSTILE]],
        "application resume": [["dcc"], [HOSTILE, "--json"]],
        "account list": [[], ["--json"], ["--query", HOSTILE]],
        "account show": [["jdupont"], ["jdupont", "--json"], [HOSTILE]],
        "account create": [named, [*named, "--json"], [*named, "--password-file", file["password"]]],
        "account set-password": [["jdupont"], ["jdupont", "--mail-link"], [HOSTILE]],
        "account disable": [["pmartin"], [HOSTILE]],
        "account enable": [["pmartin"], [HOSTILE]],
        "account grant": [["jdupont", "dcc"], ["jdupont", HOSTILE], ["jdupont", "dcc", "--role", HOSTILE]],
        "account change": [
            ["jdupont", "--town", "Tours"],
            ["jdupont", "--town", HOSTILE],
            [HOSTILE, "--town", HOSTILE],
        ],
        "account add-identifier": [["jdupont", "adeli", "459912346"], ["jdupont", "adeli", HOSTILE]],
        "account remove-identifier": [["jdupont", "adeli", "459912346"], [HOSTILE, "adeli", "459912346"]],
        "account join": [["jdupont", "onco"], ["jdupont", HOSTILE], ["jdupont", "onco", "--reason", HOSTILE]],
        "account leave": [["jdupont", "onco"], ["jdupont", HOSTILE]],
        "card list": [[], ["--json"], ["--account", HOSTILE]],
        "card bind": [["jdupont", HOSTILE], [HOSTILE, HOSTILE, "--json"]],
        "card end": [[HOSTILE], [HOSTILE, "--json"]],
        "card revocation": [[], ["--json"]],
        "community add": [["new", "--display-name", "A"], [HOSTILE, "--display-name", HOSTILE]],
        "community change": [["onco", "--requestable"], [HOSTILE, "--display-name", HOSTILE]],
        "community list": [[], ["--json"]],
        "community show": [["onco"], ["onco", "--json"], [HOSTILE]],
        "community remove": [["onco"], [HOSTILE]],
        "operator bootstrap": [["jdupont"], [HOSTILE]],
        "operator grant": [["pmartin", "approver", "--community", "onco"], [HOSTILE, "auditor"]],
        "operator revoke": [["pmartin", "auditor"], ["pmartin", "approver", "--application", HOSTILE]],
        "operator list": [[], ["--json"]],
        "account withdraw": [["jdupont", HOSTILE], [HOSTILE, HOSTILE, "--json"]],
        "audit list": [[], ["--json"], ["--login", HOSTILE], ["--kind", HOSTILE]],
        "audit export": [[], ["--login", HOSTILE]],
        "audit verify": [[], ["--json"], ["--checkpoint", "-"], ["--checkpoint", HOSTILE]],
        "audit checkpoint": [[]],
        "audit restore-rules": [[]],
        "audit erase": [["--before", "2024-01-01"], ["--before", HOSTILE]],
        "audit prune": [["--before", "2024-01-01"], ["--before", HOSTILE]],
        "keys list": [[], ["--json"]],
        "keys applications": [[], ["--json"]],
        "keys certificate": [[], [HOSTILE]],
        "keys cut-over": [[HOSTILE], [HOSTILE, "--json"]],
        "keys rotate": [[]],
        "keys make-encryption-key": [[str(files / "new\x1b[31mkey")], [str(files / "new\x1b[31mkey")]],
        "keys rotate-encryption-key": [[]],
        "metadata list": [[], ["--json"]],
        "metadata refresh": [[], [HOSTILE], [HOSTILE, "--json"]],
        "metadata check": [[file["metadata.xml"]], [HOSTILE], [HOSTILE, "--json"]],
        "metadata source add": [[HOSTILE, HOSTILE, "--certificate", file["certificate.pem"]]],
        "metadata source remove": [[HOSTILE], [HOSTILE, "--json"]],
        "fault": [["AAAAA-BBBBB"], ["AAAAA-BBBBB", "--json"], [HOSTILE]],
        "migrate": [[]],
        "backup": [[str(files / "back\x1b[31mup")]],
        "restore": [[file["declared.toml"]]],
    }


def every_command(group: click.Group, path: tuple[str, ...] = ()) -> set[str]:
    found = set()
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            found |= every_command(command, (*path, name))
        else:
            found.add(" ".join((*path, name)))
    return found


def test_no_command_is_forgotten_here(files):
    assert every_command(idp) - LONG_RUNNING == set(arguments(files))


@pytest.mark.slow
def test_whatever_a_command_writes_is_safe_to_show(run, files):
    hostile = json.dumps({"client_name": HOSTILE, HOSTILE: HOSTILE, "redirect_uris": [HOSTILE]})
    shown = 0
    for command, lines in arguments(files).items():
        for line in lines:
            result = run(*command.split(), *line, typed=hostile)
            assert result.exception is None or isinstance(result.exception, SystemExit), (command, line)
            assert is_safe(result.output), (command, line, result.output)
            shown += "\\u202e" in result.output
    assert shown > 20, "the names were really there to be shown"


@pytest.mark.slow
def test_what_a_script_reads_is_the_name_as_it_is(run):
    listed = json.loads(run("application", "list", "--json").stdout)
    assert HOSTILE in {each["client_name#fr"] for each in listed}
    line = json.loads(run("audit", "export").stdout.splitlines()[-1])
    assert line["agent"] == HOSTILE


def test_usage_errors_are_escaped():
    for arguments in (
        ["no\x1b[31m-such"],
        ["account", "show", "--no\x1b[31m-such"],
        ["--settings", "\x1b[31m/", "keys"],
    ):
        result = CliRunner().invoke(idp, arguments)
        assert (result.exit_code, is_safe(result.output)) == (2, True), result.output
    assert CliRunner().invoke(idp, ["--help"]).exit_code == 0


def test_each_way_to_write_escapes(capsys):
    echo(HOSTILE)
    echo(HOSTILE, err=True)
    echo_lines(f"first\n{HOSTILE}")
    write({HOSTILE: HOSTILE})
    for in_json in (True, False):
        with pytest.raises(SystemExit):
            stop(1, HOSTILE, [HOSTILE, HOSTILE], in_json=in_json, more=HOSTILE)
    written = capsys.readouterr()
    assert is_safe(written.out + written.err)
    assert written.out.startswith("Evil\\x1b]0;owned\\x07")


def test_what_people_write_is_left_as_it_is():
    for text in ("Jérôme Müller-Łoś", "13\u00a0h\u00a042", "Ａ 漢字 Ω", "«\u202fOui\u202f»", "O’Brien — d’Été"):
        assert escaped(text) == text
        assert escaped_json(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)


# --- no command writes around it ---------------------------------------------------

AROUND = {"echo", "secho", "prompt", "confirm", "echo_via_pager", "pause"}
MAY = {
    "config/commands.py": "the one that escapes",
    "card_bridge/workstation/output.py": "the one that escapes at a workstation, which installs no `config.commands`",
    "card_bridge/workstation/terminal_prompt.py": "asks with words of its own alone",
}


def test_no_command_writes_around_the_modules_that_escape():
    """`relying_parties/samples` know us by the public protocols only, and show what their own developer has typed."""
    found = []
    for package in ("config", "idp", "relying_parties", "enrollment", "card_bridge"):
        for file in sorted((ROOT / package).rglob("*.py")):
            name = str(file.relative_to(ROOT))
            if name in MAY or name.startswith("relying_parties/samples/"):
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _writes_around(node.func):
                    found.append(f"{name}:{node.lineno}")
    assert found == []


def _writes_around(called: ast.expr) -> bool:
    match called:
        case ast.Name(id="print"):
            return True
        case ast.Attribute(value=ast.Name(id="click"), attr=attribute):
            return attribute in AROUND
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr"), attr="write"):
            return True
    return False
