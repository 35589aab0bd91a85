"""What is written in Markdown is true of the tree: maps, links, references, decisions."""

import re
from pathlib import Path

import pytest

from config.settings_reader import declarations
from enrollment.settings import EnrollmentSettings
from idp.settings import Settings

ROOT = Path(__file__).parents[2]
DECISIONS = ROOT / "docs" / "decisions"
LOCAL = {"var", "build", "dist", "node_modules"}  # what .gitignore keeps out
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def folders() -> set[str]:
    """The folders of the tree that hold something."""
    return {
        folder.name
        for folder in ROOT.iterdir()
        if folder.is_dir()
        and folder.name not in LOCAL
        and not folder.name.startswith(".")
        and not folder.name.endswith(".egg-info")
        and any(file.is_file() and file.suffix != ".pyc" for file in folder.rglob("*"))
    }


def test_the_readme_maps_every_folder_of_the_tree_and_no_other():
    drawn = (ROOT / "README.md").read_text(encoding="utf-8").split("```text\n")[1].split("```")[0]
    assert {line.split("/")[0] for line in drawn.splitlines()} == folders()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_inside_the_tree_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_task_named_on_a_page_is_in_the_makefile():
    tasks = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {task for page in PAGES for task in re.findall(r"\bmake ([a-z]+)`", page.read_text(encoding="utf-8"))}
    assert named <= tasks


def test_every_decision_is_in_the_index_and_has_the_four_parts():
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    pages = {page.name: page.read_text(encoding="utf-8") for page in DECISIONS.glob("*.md") if page.name != "README.md"}
    assert set(re.findall(r"\]\(([a-z0-9-]+\.md)\)", index)) == set(pages)
    parts = ("**Context.**", "**Decision.**", "**What we gave up.**", "**When to look again.**")
    assert {name: part for name, text in pages.items() for part in parts if part not in text} == {}


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("*.md")), ids=lambda page: page.stem)
def test_every_file_that_a_decision_names_by_its_path_exists(page):
    named = re.findall(r"`([a-z_]+/[\w./-]+\.\w+)`", page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_decision_that_the_code_cites_has_its_page():
    cited = set()
    for package in ("config", "enrollment", "idp", "relying_parties", "tests", "deploy"):
        for file in (ROOT / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            cited |= set(re.findall(r"docs/decisions/([a-z0-9-]+)\.md", text))
            cited |= {
                words.strip().lower().replace(" ", "-") for words in re.findall(r"docs/decisions, ([\w -]+)", text)
            }
    assert sorted(page for page in cited if not (DECISIONS / f"{page}.md").exists()) == []


@pytest.mark.parametrize("table", [Settings, EnrollmentSettings])
def test_every_setting_says_what_it_means_and_where_it_belongs(table):
    untold = [declared.name for declared, told in declarations(table) if not told.doc.endswith(".") or not told.group]
    assert untold == []


def test_every_specification_said_to_be_done_links_a_test():
    text = (ROOT / "docs" / "specifications.md").read_text(encoding="utf-8")
    rows = [
        row
        for row in text.split("## Not done")[0].splitlines()
        if row.startswith("| ") and "specification |" not in row
    ]
    assert [row for row in rows if "](../tests/" not in row] == []
