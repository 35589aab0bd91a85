"""How a username is made from a name: `jdupont` in production, `j.dupont` in a test base.

Accents are folded, everything but letters is dropped, and homonyms are numbered from 2. A username is never given to
another account, so an account is disabled and not deleted.
"""

import re
from collections.abc import Collection

from config.reference.names import without_accents

LONGEST_USERNAME = 64
LONGEST_SURNAME_OF_TEST_USERNAME = 7

_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


def letters(text: str) -> str:
    """The letters a to z of `text`, folded; nothing else."""
    return re.sub(r"[^a-z]", "", without_accents(text))


def as_typed(login: str) -> str:
    """The username that a person typed, without surrounding spaces and in lowercase.

    Nothing else is normalised: the throttle counts by spelling, so each further accepted spelling of a username
    would allow more guesses.
    """
    return login.strip().lower()


def is_username(text: str) -> bool:
    """Whether `text` can be a username: lowercase ASCII letters, digits, dots and hyphens."""
    return len(text) <= LONGEST_USERNAME and _LOGIN.fullmatch(text) is not None


def username_for(given_name: str, family_name: str, taken: Collection[str]) -> str | None:
    """First letter of the first name and the whole surname; None when no letter can be taken from the name."""
    return _first_free(letters(given_name)[:1], letters(family_name), taken)


def recette_username_for(given_name: str, family_name: str, taken: Collection[str]) -> str | None:
    """First letter, a dot, and at most seven letters of the surname: the rule of the test base."""
    initial = letters(given_name)[:1]
    return _first_free(initial and f"{initial}.", letters(family_name)[:LONGEST_SURNAME_OF_TEST_USERNAME], taken)


def _first_free(initial: str, surname: str, taken: Collection[str]) -> str | None:
    if not initial or not surname:
        return None
    number = 1
    while True:
        suffix = "" if number == 1 else str(number)
        login = (initial + surname)[: LONGEST_USERNAME - len(suffix)] + suffix
        if login not in taken:
            return login
        number += 1
