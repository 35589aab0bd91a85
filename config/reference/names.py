"""Compares names: the same name in another spelling, or a similar name with a typing error.

Accents, case, hyphens, apostrophes, spaces and ligatures do not distinguish two names, nor does a nobiliary particle
(`d'Aubrac`, `Aubrac`). Articles are part of a name: `Le Gall` differs from `Gall`.
"""

import unicodedata
from collections.abc import Sequence
from enum import IntEnum
from typing import Final

LONGEST: Final = 120  # characters; the rest of a name is not compared

_NOT_DECOMPOSED: Final = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h"}
)
"""Letters that Unicode does not decompose into a letter and a mark."""

_PARTICLES: Final = (("de", "la"), ("de", "l"), ("de",), ("du",), ("des",), ("d",))
"""The particles before a name that the comparison ignores, longest first."""

_TYPING_ERRORS: Final = ((4, 0), (7, 1), (LONGEST, 2))
"""Pairs of a length in letters and the number of typing errors that similar names of up to this length may have."""


class Likeness(IntEnum):
    """The likeness of two names; greater is more alike."""

    DIFFERENT = 0
    SIMILAR = 1
    """They differ by one or two typing errors, or one is a part of the other, a double name."""
    SAME = 2


def folded(name: str) -> str:
    """The letters and digits of `name` in lower case and without accents, as names are searched."""
    return "".join(words(name))


def without_accents(text: str) -> str:
    """`text` in lower case, without accents and ligatures."""
    lowered = unicodedata.normalize("NFKD", text).casefold()  # in this order: "𝗔" has no lower case, its "A" has
    decomposed = unicodedata.normalize("NFKD", lowered).translate(_NOT_DECOMPOSED)
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words(name: str) -> tuple[str, ...]:
    """The words of `name`, each folded: `("anne", "laure")` for `Anne-Laure`."""
    letters = (character if character.isalnum() else " " for character in without_accents(name[:LONGEST]))
    return tuple("".join(letters)[:LONGEST].split())


def compare(one: str, other: str) -> Likeness:
    """The likeness of two names. An empty name is different from every name, another empty one included."""
    ours, theirs = words(one), words(other)
    if not ours or not theirs:
        return Likeness.DIFFERENT
    forms = {"".join(ours), "".join(_without_particle(ours))}
    their_forms = {"".join(theirs), "".join(_without_particle(theirs))}
    if forms & their_forms:
        return Likeness.SAME
    if _is_part_of(ours, theirs) or _is_part_of(theirs, ours):
        return Likeness.SIMILAR
    is_similar = any(_differ_by_typing_errors(form, their_form) for form in forms for their_form in their_forms)
    return Likeness.SIMILAR if is_similar else Likeness.DIFFERENT


def distance(one: str, other: str, *, at_most: int) -> int | None:
    """The optimal string alignment distance of two words, or None if it is greater than `at_most`.

    It counts the letters that are added, missing or replaced, and the pairs that are exchanged. Only a band of
    `2 * at_most + 1` cells of each row is computed.
    """
    if abs(len(one) - len(other)) > at_most:
        return None
    beyond = at_most + 1
    before: list[int] = []
    row = [column if column <= at_most else beyond for column in range(len(other) + 1)]
    for index, letter in enumerate(one, start=1):
        two_before, before = before, row
        row = [beyond] * (len(other) + 1)
        if index <= at_most:
            row[0] = index
        for column in range(max(1, index - at_most), min(len(other), index + at_most) + 1):
            same = letter == other[column - 1]
            cost = min(before[column] + 1, row[column - 1] + 1, before[column - 1] + (not same))
            if index > 1 and column > 1 and letter == other[column - 2] and one[index - 2] == other[column - 1]:
                cost = min(cost, two_before[column - 2] + 1)
            row[column] = min(cost, beyond)
        if min(row) > at_most:
            return None
    return row[-1] if row[-1] <= at_most else None


def _without_particle(name: Sequence[str]) -> Sequence[str]:
    for particle in _PARTICLES:
        if tuple(name[: len(particle)]) == particle and len(name) > len(particle):
            return name[len(particle) :]
    return name


def _is_part_of(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether `part` has consecutive names of a double name."""
    part, whole = _without_particle(part), _without_particle(whole)
    wide = len(part)
    return wide < len(whole) and any(whole[at : at + wide] == part for at in range(len(whole) - wide + 1))


def _differ_by_typing_errors(one: str, other: str) -> bool:
    shorter = min(len(one), len(other))
    allowed = next((errors for longest, errors in _TYPING_ERRORS if shorter <= longest), 0)
    return allowed > 0 and distance(one, other, at_most=allowed) is not None
