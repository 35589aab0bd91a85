"""The directions of imports, and what is packed, as setup.cfg declares them."""

import configparser
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "idp", "relying_parties")


@pytest.fixture(scope="module")
def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


@pytest.fixture
def loggers_left_alone() -> Iterator[None]:
    """import-linter configures logging for itself, which silences every logger that there is by then."""
    loggers = [each for each in logging.Logger.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    before = [(logger, logger.disabled) for logger in loggers]
    yield
    for logger, disabled in before:
        logger.disabled = disabled


@pytest.mark.usefixtures("loggers_left_alone")
def test_every_import_goes_in_a_declared_direction(capsys):
    kept = lint_imports(config_filename=str(ROOT / "setup.cfg"), cache_dir=None) == 0
    assert kept, capsys.readouterr().out


def test_the_samples_may_import_none_of_our_packages(setup_cfg):
    """Their own package is inside relying_parties, so that the others are listed one by one."""
    forbidden = setup_cfg["importlinter:contract:samples"]["forbidden_modules"].split()
    packages = {file.parent.name for file in (ROOT / "relying_parties").glob("*/__init__.py")} - {"samples"}
    assert not list((ROOT / "relying_parties").glob("[a-z]*.py"))
    ours = {f"relying_parties.{package}" for package in packages}
    assert set(forbidden) == ours | {"config", "idp"}


def test_whatever_is_not_a_module_is_packed_with_its_package(setup_cfg):
    """An installation without the tree has the templates, wording and declared applications too."""
    declared = {
        package: globs.replace(",", " ").split() for package, globs in setup_cfg["options.package_data"].items()
    }
    forgotten = [
        str(file.relative_to(ROOT))
        for package in PACKAGES
        for file in (ROOT / package).rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc") and not _is_packed(file, package, declared)
    ]
    assert forgotten == []


def _is_packed(file: Path, package: str, declared: dict[str, list[str]]) -> bool:
    inside = file.relative_to(ROOT / package)
    globs = declared.get("*", []) + declared.get(package, [])
    return any(inside.match(glob.removeprefix("**/")) for glob in globs)
