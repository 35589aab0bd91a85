"""How a sample application becomes the DCC or Périnat, and what it may import."""

import ast
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import relying_parties.samples
from relying_parties.samples.commands import main
from relying_parties.samples.configuration import ConfigurationError, read_configuration
from relying_parties.samples.saml.keys import key_pair_in
from tests.ports import free_port

SAMPLES = Path(relying_parties.samples.__file__).parent
MODULES = sorted(SAMPLES.glob("**/*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_a_sample_imports_no_other_package_of_poterne(module):
    ours = {path.name for path in SAMPLES.parents[1].iterdir() if (path / "__init__.py").exists()}
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.startswith("relying_parties.samples") or name.split(".")[0] not in ours


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("dcc", {"client_secret": "known"}),
        ("perinat", {"client_secret": "known"}),
        ("messagerie", {"key_folder": Path("keys")}),
    ],
)
def test_the_packaged_configurations_are_valid(name, given):
    configuration = read_configuration(SAMPLES / f"{name}.toml", given)
    assert configuration.cookie_name == f"{name}-session"
    assert configuration.address == f"http://127.0.0.1:{configuration.port}"


def test_options_override_the_file(tmp_path):
    (tmp_path / "secret").write_text("known\n")
    given = {"issuer": "https://id.example", "port": 9000, "client_secret_file": tmp_path / "secret", "host": None}
    configuration = read_configuration(SAMPLES / "dcc.toml", given)
    assert (configuration.issuer, configuration.port) == ("https://id.example", 9000)
    assert configuration.client_secret == "known"
    assert "known" not in repr(configuration)


def test_all_problems_are_reported_together(tmp_path):
    (tmp_path / "bad.toml").write_text('name = "DCC"\nport = 1\nisuer = "https://id.example"\n')
    with pytest.raises(ConfigurationError) as wrong:
        read_configuration(tmp_path / "bad.toml", {})
    assert wrong.value.problems == [
        "isuer: no such option of an application with protocol oidc",
        "client_id: must be given", "issuer: must be given",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"colour": "#fafafa"}, "colour: too light"),
        ({"colour": "red"}, "colour: must be written"),
        ({"client_secret": None}, "client_secret: must be given"),
        ({"client_authentication": "none"}, "client_secret: must not be given"),
        ({"issuer": "id.example"}, "issuer: must be an https address"),
        ({"logo": Path("absent.svg")}, "logo: absent.svg"),
    ],
)
def test_an_invalid_value_is_refused(given, problem):
    with pytest.raises(ConfigurationError) as wrong:
        read_configuration(SAMPLES / "dcc.toml", {"client_secret": "known"} | given)
    assert wrong.value.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"protocol": "cas"}, "protocol: must be one of oidc, saml"),
        ({"client_id": "messagerie"}, "client_id: no such option of an application with protocol saml"),
        ({"key_folder": None}, "key_folder: must be given"),
        ({"metadata_url": "localhost:8400"}, "metadata_url: must be an https address"),
        ({"metadata_url": "https://id.example/saml/metadata"}, "metadata_fingerprint: must be given"),
        ({"metadata_fingerprint": "AB:CD"}, "metadata_fingerprint: must be a SHA-256"),
        ({"others": [{"name": "le DCC"}]}, "others: must be written"),
    ],
)
def test_an_invalid_value_of_saml_is_refused(given, problem):
    with pytest.raises(ConfigurationError) as wrong:
        read_configuration(SAMPLES / "messagerie.toml", {"key_folder": Path("keys")} | given)
    assert wrong.value.problems[0].startswith(problem)


def test_the_metadata_address_needs_a_fingerprint_unless_it_is_this_machine():
    elsewhere = {"metadata_url": "https://id.example/saml/metadata", "metadata_fingerprint": "AB:" * 31 + "CD"}
    for given in (elsewhere, {"metadata_url": "http://127.0.0.1:9000/saml/metadata"}):
        assert read_configuration(SAMPLES / "messagerie.toml", {"key_folder": Path("keys")} | given)


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    made = key_pair_in(tmp_path / "keys")
    assert key_pair_in(tmp_path / "keys") == made
    assert "PRIVATE" not in repr(made)
    (file,) = (tmp_path / "keys").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


def test_the_metadata_command_always_writes_the_same_metadata(tmp_path):
    options = [
        "metadata",
        "--config",
        str(SAMPLES / "messagerie.toml"),
        "--key-folder",
        str(tmp_path),
        "--port",
        "9413",
    ]
    first, second = (CliRunner().invoke(main, options) for _ in range(2))
    assert first.exit_code == 0, first.output
    assert 'entityID="http://127.0.0.1:9413/saml/metadata"' in first.output
    assert first.output == second.output


def test_an_application_of_openid_connect_has_no_metadata():
    options = ["metadata", "--config", str(SAMPLES / "dcc.toml"), "--client-authentication", "none"]
    told = CliRunner().invoke(main, options)
    assert (told.exit_code, "only an application with protocol saml" in told.output) == (1, True)


def test_a_public_client_has_no_secret():
    configuration = read_configuration(SAMPLES / "dcc.toml", {"client_authentication": "none"})
    assert not configuration.client_secret


STARTED_BY_A_PARENT_THAT_ENDS = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "relying_parties.samples.commands", "serve", *sys.argv[1:]],
                         stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.readline()
"""


@pytest.mark.slow
def test_a_sample_ends_with_its_parent(tmp_path):
    (tmp_path / "secret").write_text("known")
    options = [
        "--config",
        SAMPLES / "dcc.toml",
        "--client-secret-file",
        tmp_path / "secret",
        "--port",
        str(free_port()),
    ]
    with subprocess.Popen([sys.executable, "-c", STARTED_BY_A_PARENT_THAT_ENDS, *options], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, cwd=SAMPLES.parents[1]) as parent:  # fmt: skip
        sample = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(sample)


def wait_until_gone(process: int) -> None:
    """By its pidfd, which becomes readable when it ends."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return
    assert select.select([watched], [], [], 60)[0]
    os.close(watched)
