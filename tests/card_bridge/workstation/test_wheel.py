"""The wheel of a workstation: small, with nothing of a server, and whole with its four dependencies alone."""

import importlib
import os
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from card_bridge.workstation.version import VERSION

ROOT = Path(__file__).parents[3]
NEEDED = {"asn1crypto", "click", "waitress", "werkzeug"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([ROOT / "deploy/card-bridge/build", folder], check=True, env=os.environ | {"PYTHON": sys.executable})
    (built,) = folder.iterdir()
    assert built.name == f"poterne_card_bridge-{VERSION}-py3-none-any.whl"
    return zipfile.ZipFile(built)


@pytest.fixture(scope="module")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's files and its dependencies, and nothing else to import."""
    folder = tmp_path_factory.mktemp("installed")
    wheel.extractall(folder)  # of our own making
    for name in (*NEEDED, "markupsafe"):
        place = Path(str(importlib.import_module(name).__file__)).parent
        (folder / place.name).symlink_to(place)
    return folder


def run(installed: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-S", "-E", "-c", f"import sys; sys.path.insert(0, {str(installed)!r})\n{code}"]
    variables = {"HOME": str(installed / "home"), "PATH": "/usr/bin:/bin"} | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd=installed)


def test_it_has_the_workstation_half_and_four_modules_of_config(wheel):
    modules = {name for name in wheel.namelist() if name.endswith(".py")}
    assert {name for name in modules if name.startswith("config/")} == {
        "config/__init__.py",
        "config/escaping.py",
        "config/strict_parsing.py",
        "config/text_files.py",
    }
    assert {name.split("/")[0] for name in modules} == {"card_bridge", "config"}
    assert not any(name.startswith("card_bridge/verification") for name in modules)
    assert "card_bridge/workstation/pages/page.css" in wheel.namelist()
    assert sum(file.file_size for file in wheel.infolist()) < 1_000_000


def test_its_metadata_ask_for_no_server(wheel):
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = Parser().parsestr(wheel.read(name).decode())
    required = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    assert {each.name for each in required if each.marker is None} == NEEDED
    assert {each.name: str(each.marker) for each in required if each.marker} == {
        "pyscard": 'extra == "reader"',
        "cryptography": 'extra == "simulator"',
    }
    assert metadata["License-Expression"] == "EUPL-1.2"


def test_every_module_but_the_virtual_cards_is_imported_with_these_alone(installed):
    """`import smartcard` and `import cryptography` would fail here."""
    modules = sorted(
        str(file.relative_to(installed).with_suffix("")).replace("/", ".").removesuffix(".__init__")
        for file in (installed / "card_bridge").rglob("*.py")
        if "virtual" not in file.parts and file.name not in ("__main__.py", "window_process.py")
    )
    done = run(installed, f"import importlib\nfor name in {modules}: importlib.import_module(name)")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--help"], 0, "card bridge"),
        (["status"], 5, "reader-service-away"),
        (["serve"], 1, "origins"),
        (["sign", "--simulator"], 3, "poterne-card-bridge[simulator]"),
    ],
)
def test_its_command_runs(installed, arguments, code, words):
    done = run(installed, f"from card_bridge.workstation.commands import main\nmain({arguments})")
    assert (done.returncode, words in done.stdout + done.stderr) == (code, True), done.stderr
