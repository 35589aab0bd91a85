"""The language of pages and messages: French and English.

Templates and wording are in French; `translations/en.po` of a package has the English, read once at start. The
current language is a context variable, so that an e-mail outside a request has one too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

from babel.messages.pofile import read_po
from flask import Request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from config.typography import set_in_english, set_in_french

FRENCH, ENGLISH = "fr", "en"
LANGUAGES = (FRENCH, ENGLISH)
_LONGEST_REQUEST = 100  # characters of ui_locales or Accept-Language that are read
_MOST_PREFERENCES = 256  # values of Accept-Language whose language is cached: browsers send few different ones


class Catalogue:
    """The messages in one language, typeset when they are first used."""

    language = FRENCH

    def __init__(self) -> None:
        self._set: dict[str, str] = {}

    def gettext(self, message: str) -> str:
        if (done := self._set.get(message)) is None:
            done = self._set[message] = set_in_french(message)
        return done

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if abs(number) < 2 else plural)  # in French, 0 is singular


class EnglishCatalogue(Catalogue):
    """The English of the .po files. A message without a translation stays in French."""

    language = ENGLISH

    def __init__(self, files: tuple[Path, ...]) -> None:
        super().__init__()
        self._plurals: dict[str, str] = {}
        for file in files:
            with file.open("rb") as opened:
                for message in read_po(opened, locale=ENGLISH):
                    self._take(message.id, message.string)

    def _take(self, source: object, translation: object) -> None:
        match source, translation:
            case str() as only, str() as said if only and said:
                self._set[only] = set_in_english(said)
            case (str() as one, str()), (str() as said_of_one, str() as said_of_many) if said_of_one and said_of_many:
                self._set[one] = set_in_english(said_of_one)
                self._plurals[one] = set_in_english(said_of_many)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        if number == 1:
            return self.gettext(singular)
        return self._plurals.get(singular) or self.gettext(plural)


_IN_FRENCH = Catalogue()
_in_english = cache(EnglishCatalogue)  # one for each process
_catalogue: ContextVar[Catalogue] = ContextVar("catalogue", default=_IN_FRENCH)


class Languages:
    """The languages of one service: the translations of the shell and its own."""

    def __init__(self, *folders: Path) -> None:
        files = tuple(file for folder in folders if (file := folder / "translations" / "en.po").exists())
        self._catalogues: Mapping[str, Catalogue] = {FRENCH: _IN_FRENCH, ENGLISH: _in_english(files)}

    @contextmanager
    def using_language(self, language: str) -> Iterator[None]:
        """During the block, `gettext` and templates use `language`."""
        before = _catalogue.set(self._catalogues[language])
        try:
            yield
        finally:
            _catalogue.reset(before)


def gettext(message: str) -> str:
    """The French `message` in the current language."""
    return _catalogue.get().gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return _catalogue.get().ngettext(singular, plural, number)


def current_language() -> str:
    """The code of the current language."""
    return _catalogue.get().language


def language_for(request: Request, *, requested: str | None, chosen: str | None) -> str:
    """The language of the response to `request`.

    In this order: `chosen`, which the person selected by the switch on our pages; `requested`, the application's
    `ui_locales`; the browser's preference; French.
    """
    if chosen in LANGUAGES:
        return chosen
    for tag in (requested or "")[:_LONGEST_REQUEST].split():
        if (language := tag.lower().split("-")[0]) in LANGUAGES:
            return language
    preference = request.headers.get("Accept-Language", "")
    return FRENCH if len(preference) > _LONGEST_REQUEST else _preferred(preference)


@lru_cache(maxsize=_MOST_PREFERENCES)
def _preferred(accept_language: str) -> str:
    """The language that a browser prefers (RFC 9110 section 12.5.4)."""
    return parse_accept_header(accept_language, LanguageAccept).best_match(LANGUAGES) or FRENCH
