"""French first, English complete: which language a page speaks, and what its messages become.

The source is French, written in templates and wording; `translations/en.po` beside
a package says the same in English, read once at start (no compiled catalogue is
kept in the tree). The language in force is a context variable, so that a letter
written outside a request speaks too.
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

from config.web.typography import set_in_english, set_in_french

FRENCH, ENGLISH = "fr", "en"
LANGUAGES = (FRENCH, ENGLISH)
_LONGEST_REQUEST = 100  # characters of ui_locales or Accept-Language that are looked at


class Catalogue:
    """What each French message becomes in one language, typeset once."""

    language = FRENCH

    def __init__(self) -> None:
        self._set: dict[str, str] = {}

    def gettext(self, message: str) -> str:
        if (done := self._set.get(message)) is None:
            done = self._set[message] = set_in_french(message)
        return done

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if abs(number) < 2 else plural)  # French: nought is singular


class EnglishCatalogue(Catalogue):
    """Read from the .po files; a message without a translation stays French rather than fail."""

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
_in_english = cache(EnglishCatalogue)  # one a process, however many applications it makes
_spoken: ContextVar[Catalogue] = ContextVar("spoken", default=_IN_FRENCH)


class Languages:
    """The languages of one service: the shell's translations and its own."""

    def __init__(self, *folders: Path) -> None:
        files = tuple(file for folder in folders if (file := folder / "translations" / "en.po").exists())
        self._catalogues: Mapping[str, Catalogue] = {FRENCH: _IN_FRENCH, ENGLISH: _in_english(files)}

    @contextmanager
    def speaking(self, language: str) -> Iterator[None]:
        """Within this, `gettext` and every template speak `language`."""
        before = _spoken.set(self._catalogues[language])
        try:
            yield
        finally:
            _spoken.reset(before)


def gettext(message: str) -> str:
    """`message`, written in French, in the language in force."""
    return _spoken.get().gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    return _spoken.get().ngettext(singular, plural, number)


def spoken() -> str:
    """The language in force."""
    return _spoken.get().language


def language_for(request: Request, *, asked: str | None, chosen: str | None) -> str:
    """The language to speak to whoever sent `request`.

    `chosen` by the person on our own switch comes before `asked`, what the
    application asked for in `ui_locales`, or the switch would do nothing on the
    very page that carries it. Then what the browser prefers, then French.
    """
    if chosen in LANGUAGES:
        return chosen
    for tag in (asked or "")[:_LONGEST_REQUEST].split():
        if (language := tag.lower().split("-")[0]) in LANGUAGES:
            return language
    accepted = request.headers.get("Accept-Language", "")
    return FRENCH if len(accepted) > _LONGEST_REQUEST else _best_of(accepted)


@lru_cache(maxsize=256)  # browsers send few; to read one again takes longer than the rest of the question
def _best_of(accepted: str) -> str:
    return parse_accept_header(accepted, LanguageAccept).best_match(LANGUAGES, default=FRENCH) or FRENCH
