"""The directions of imports, and what is packed, as setup.cfg declares them."""

import ast
import configparser
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "enrollment", "idp", "relying_parties")
ROOTS = (*PACKAGES, "card_bridge")


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


def test_no_module_imports_itself_through_others():
    """Imports under TYPE_CHECKING and inside functions count too."""
    graph = grimp.build_graph(*ROOTS, exclude_type_checking_imports=False, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert [sorted(circle) for circle in circles(imports)] == []


def circles(imports: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components of more than one module (Kosaraju)."""
    imported_by: dict[str, set[str]] = {module: set() for module in imports}
    for module, imported in imports.items():
        for other in imported:
            imported_by[other].add(module)
    found, assigned = [], set()
    for module in reversed(_finished_order(imports)):
        component, waiting = set(), [module]
        while waiting:
            each = waiting.pop()
            if each not in assigned:
                assigned.add(each)
                component.add(each)
                waiting.extend(imported_by[each])
        if len(component) > 1:
            found.append(component)
    return found


def _finished_order(imports: dict[str, set[str]]) -> list[str]:
    """Each module after all that it leads to."""
    order, seen = [], set()
    for start in sorted(imports):
        path = [] if start in seen else [(start, iter(imports[start]))]
        seen.add(start)
        while path:
            module, rest = path[-1]
            following = next((each for each in rest if each not in seen), None)
            if following is None:
                order.append(module)
                path.pop()
            else:
                seen.add(following)
                path.append((following, iter(imports[following])))
    return order


def test_a_circle_of_imports_is_found():
    imports = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}
    assert circles(imports) == [{"b", "c"}]


@pytest.mark.parametrize(
    "package",
    sorted(str(file.parent.relative_to(ROOT)) for root in ROOTS for file in (ROOT / root).rglob("__init__.py")),
)
def test_a_package_says_what_lives_there_and_then_what_does_not(package):
    """The first line, and a paragraph below it."""
    docstring = ast.get_docstring(ast.parse((ROOT / package / "__init__.py").read_text("utf-8"))) or ""
    assert re.match(r".+[.:]\n\n.+", docstring)


@pytest.mark.parametrize("root", ROOTS)
def test_a_module_that_a_docstring_or_a_comment_names_is_there(root):
    """By the end of its path. A path that begins with the name of a library is the library's."""
    ours = {f"/{file.relative_to(ROOT)}" for each in (*ROOTS, "docs", "tests") for file in (ROOT / each).rglob("*.py")}
    named = {
        (str(file.relative_to(ROOT)), name)
        for file in (ROOT / root).rglob("*.py")
        for name in re.findall(r"(?<![\w./-])((?:[\w-]+/)*[a-z]\w+\.py)\b", file.read_text("utf-8"))
    }
    assert named
    lost = [(file, name) for file, name in sorted(named) if not any(each.endswith(f"/{name}") for each in ours)]
    assert [each for each in lost if not each[1].startswith("saml2/")] == []


@pytest.mark.parametrize("root", ROOTS)
def test_a_private_name_in_backquotes_is_of_its_own_module(root):
    """A name with more than its underscore, which no other module may use. Adapters name those of their library."""
    lost = []
    for file in (ROOT / root).rglob("*.py"):
        text = file.read_text("utf-8")
        named = set(re.findall(r"`(_[a-z]\w+)(?:\(\))?`", text))
        code = re.sub(r"`[^`\n]+`", "", text)
        lost += [(str(file.relative_to(ROOT)), name) for name in named if not re.search(rf"\b{name}\b", code)]
    assert [each for each in lost if "/pyop/" not in each[0]] == []


def test_the_samples_may_import_none_of_our_packages(setup_cfg):
    """Their own package is inside relying_parties, so that the others are listed one by one."""
    forbidden = setup_cfg["importlinter:contract:samples"]["forbidden_modules"].split()
    packages = {file.parent.name for file in (ROOT / "relying_parties").glob("*/__init__.py")} - {"samples"}
    packages |= {file.stem for file in (ROOT / "relying_parties").glob("[a-z]*.py")}
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
