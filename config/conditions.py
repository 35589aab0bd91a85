"""The conditions of use of the region, in numbered versions. People accept them in their language.

A folder has one file for each version and language, `<version>.<language>.txt`, such as `4.fr.txt` and `4.en.txt`, in
UTF-8, with an empty line between paragraphs, which are typeset as the other texts of pages. The greatest version is the
current one. Older files may stay.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.text_files import FileRefused, NotText, read_text
from config.typography import set_in_english, set_in_french

DEFAULT_FOLDER: Final = Path(__file__).parent / "default_conditions"
"""The text of an invented region, for development and demonstrations."""

LANGUAGES: Final = ("fr", "en")

_FILE: Final = re.compile(r"([0-9]{1,6})\.(fr|en)\.txt", re.ASCII)
_BREAKABLE: Final = re.compile(r"\s+", re.ASCII)  # no-break spaces stay


class ConditionsRefused(Exception):
    """The folder of the conditions of use cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """One version of the conditions of use."""

    version: str
    texts: Mapping[str, tuple[str, ...]]
    """The paragraphs, by language: `fr` and `en`."""

    def paragraphs(self, language: str) -> tuple[str, ...]:
        """The paragraphs in `language`, or in French when there is no text in `language`."""
        return self.texts.get(language, self.texts[LANGUAGES[0]])


def read_conditions(folder: Path) -> Conditions:
    """The current conditions of use in `folder`, or those packaged with Poterne if it is empty (`Path()`).

    Raises:
        ConditionsRefused: the folder has no version, a language is missing, or a file cannot be read.
    """
    folder = DEFAULT_FOLDER if folder == Path() else folder
    try:
        names = [found for path in folder.iterdir() if (found := _FILE.fullmatch(path.name))]
    except OSError:
        raise ConditionsRefused(f"{folder}: cannot be read as a folder") from None
    if not names:
        raise ConditionsRefused(f"{folder}: has no conditions of use: write files such as 1.fr.txt and 1.en.txt")
    version = max((name[1] for name in names), key=int)
    return Conditions(version=version, texts={language: _read(folder, version, language) for language in LANGUAGES})


def _read(folder: Path, version: str, language: str) -> tuple[str, ...]:
    file = folder / f"{version}.{language}.txt"
    try:
        text = read_text(file)
    except (FileRefused, NotText) as wrong:
        raise ConditionsRefused(f"{file}: {wrong}") from None
    typeset = set_in_french if language == "fr" else set_in_english
    paragraphs = tuple(typeset(_BREAKABLE.sub(" ", part.strip())) for part in text.split("\n\n") if part.strip())
    if not paragraphs:
        raise ConditionsRefused(f"{file}: is empty")
    return paragraphs
