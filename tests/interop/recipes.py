"""The recipes of docs/connect-an-application.md: the files that a reader copies, as they stand on the page."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "connect-an-application.md"
_FILE = re.compile(r"^`(?P<name>[\w.-]+)`:\n\n```\w+\n(?P<text>.*?)^```$", flags=re.MULTILINE | re.DOTALL)


def recipes() -> dict[str, str]:
    """Every file of the page, by its name."""
    return {found["name"]: found["text"] for found in _FILE.finditer(PAGE.read_text(encoding="utf-8"))}


def recipe(name: str) -> str:
    """The file of that name."""
    return recipes()[name]


def definitions(**values: object) -> str:
    """Values for the `${...}` of Apache's directives."""
    return "".join(f'Define {name} "{value}"\n' for name, value in values.items())
