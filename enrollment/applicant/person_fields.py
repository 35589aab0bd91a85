"""The fields of a person as they are typed: what each may hold, and the form in which it is kept.

Every field is read by itself, so that a page says all that is wrong at once. A number whose key is wrong is a question:
the person may confirm it (`config/reference/numbers.py`).
"""

import unicodedata
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.escaping import is_invisible
from config.mail_addresses import is_address
from config.reference.countries import FRANCE, countries
from config.reference.departments import DEPARTMENTS
from config.reference.names import Likeness, compare, folded
from config.reference.numbers import NumberFault, ProfessionalNumber, read_adeli, read_rpps
from config.reference.professions import PROFESSIONS
from config.reference.telephones import TelephoneFault, read_telephone
from config.reference.titles import CIVILITIES, TITLES
from config.web.forms import TOO_LONG, Problems
from enrollment.reference.postcodes import is_postcode, towns_of
from enrollment.requests.person import PERSON_FIELDS
from enrollment.requests.vocabulary import Confidentiality

LONGEST: Final[Mapping[str, int]] = {
    "rpps": 40, "adeli": 40, "profession": 120, "title": 8, "civility": 8,
    "family_name": 120, "given_name": 120, "birth_name": 120,
    "country": 2, "street": 200, "po_box": 60, "postcode": 12, "town": 120, "cedex": 60, "department": 3,
    "telephone": 40, "emergency_telephone": 40, "mobile": 40, "fax": 40, "email": 254, "confidentiality": 16,
}  # fmt: skip
"""Characters that may be typed; the columns of the database hold as many."""

MOST_MARKS: Final = 3
"""Marks of one letter, as in polytonic Greek; more of them cover the lines above and below on the operators' page."""

_EMOJI: Final = "\ufe0e\ufe0f"
"""Marks that show nothing and say how an emoji is shown, which is no letter."""

CONFIRMED: Final = "_confirmed"
"""What follows the name of a number in the name of the box that confirms it."""


class FieldFault(StrEnum):
    """Why what was typed is not kept; of numbers and telephones see `config/reference`."""

    PROFESSION = "profession.unknown"
    CIVILITY = "civility.missing"
    TITLE = "title.unknown"
    NAME = "name.characters"
    ALPHABET = "name.alphabet"
    COUNTRY = "country.unknown"
    DEPARTMENT = "department.unknown"
    POSTCODE = "postcode.shape"
    EMAIL = "email.invalid"
    CONFIDENTIALITY = "confidentiality.missing"
    LINE = "field.not-text"


Read = str | FieldFault | NumberFault | TelephoneFault


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPerson:
    """What was typed, as it is kept, and what is wrong with it."""

    person: Mapping[str, str]
    """The fields without a fault."""
    problems: Problems
    questions: frozenset[str]
    """The numbers whose key is wrong: the person is asked to confirm them."""


def read_person(
    typed: Mapping[str, str],
    *,
    fields: Collection[str] = PERSON_FIELDS,
    required: Collection[str],
    confirmed: Collection[str] = (),
    country: str = FRANCE,
) -> ReadPerson:
    """Read these fields of a person.

    Args:
        typed: what was typed, by the name of its field; what is missing is "".
        required: the fields that must not be empty.
        confirmed: the numbers that the person has confirmed, whatever their key.
        country: where telephone numbers are dialled and postcodes are used, when `typed` does not say.
    """
    where = typed.get("country", country) or country
    person: dict[str, str] = {}
    problems: list[tuple[str, str]] = []
    questions: set[str] = set()
    for name in PERSON_FIELDS:
        if name not in fields:
            continue
        text = " ".join(unicodedata.normalize("NFC", typed.get(name, "")).split())
        if not text:
            if name in required:
                problems.append((name, f"{name}.missing"))
            person[name] = ""
            continue
        if len(text) > LONGEST[name]:  # composed characters may be more than those that were typed
            problems.append((name, TOO_LONG))
            continue
        if name in ("rpps", "adeli"):
            read = _number(name, text)
            if isinstance(read, ProfessionalNumber):
                if read.warning is not None:
                    questions.add(name)
                    if name not in confirmed:
                        problems.append((name, read.warning))
                person[name] = read.value
            else:
                problems.append((name, read))
            continue
        kept = _READERS[name](text, where)
        if isinstance(kept, (FieldFault, TelephoneFault)):
            problems.append((name, kept))
        else:
            person[name] = str(kept)
    if "department" in fields and not person.get("department"):
        person["department"] = _department_of(person, where)
    return ReadPerson(person=person, problems=tuple(problems), questions=frozenset(questions))


def suggested_profession(typed: str, language: str) -> str:
    """The label of the profession that was probably meant; "" when there is none or several."""
    alike = {
        profession.label.text(language)
        for profession in PROFESSIONS.values()
        if compare(typed, profession.label.text(language)) is Likeness.SIMILAR
    }
    return alike.pop() if len(alike) == 1 else ""


def _number(name: str, text: str) -> ProfessionalNumber | NumberFault:
    return read_rpps(text) if name == "rpps" else read_adeli(text)


def _department_of(person: Mapping[str, str], country: str) -> str:
    """The department of a French address, when its postcode is in one alone, or its town says which."""
    if country != FRANCE:
        return ""
    towns = towns_of(person.get("postcode", ""))
    named = [town for town in towns if folded(town.name) == folded(person.get("town", ""))]
    departments = {town.department for town in named or towns}
    return departments.pop() if len(departments) == 1 else ""


def _profession(text: str, _country: str) -> Read:
    if text in PROFESSIONS:
        return text
    wanted = folded(text)
    for code, profession in PROFESSIONS.items():
        if wanted in (folded(profession.label.french), folded(profession.label.english)):
            return code
    return FieldFault.PROFESSION


def _one_of(codes: Collection[str], fault: FieldFault) -> Callable[[str, str], Read]:
    return lambda text, _country: text if text in codes else fault


def _name(text: str, _country: str) -> Read:
    """Letters of any script, with the signs that join them: `d’Aubrac`, `Anne-Laure`, `Le Gall`."""
    allowed = all(unicodedata.category(character)[0] in "LM" or character in " -'’.·" for character in text)
    is_legible = not any(map(is_invisible, text)) and not set(text) & set(_EMOJI) and _most_marks(text) <= MOST_MARKS
    return text if allowed and is_legible and folded(text) else FieldFault.NAME


def _most_marks(text: str) -> int:
    """The most marks that a letter of `text` carries."""
    most = number = 0
    for character in unicodedata.normalize("NFD", text):
        number = number + 1 if unicodedata.category(character)[0] == "M" else 0
        most = max(most, number)
    return most


def _latin_name(text: str, country: str) -> Read:
    """A name of which the identity provider can make a username: the national register has Latin letters alone."""
    name = _name(text, country)
    has_latin_letter = any("a" <= character <= "z" for character in folded(text))
    return name if has_latin_letter or name is FieldFault.NAME else FieldFault.ALPHABET


def _line(text: str, _country: str) -> Read:
    return FieldFault.LINE if any(map(is_invisible, text)) else text


def _country(text: str, _country: str) -> Read:
    return text if text in countries("fr") else FieldFault.COUNTRY


def _postcode(text: str, country: str) -> Read:
    if country == FRANCE:
        digits = text.replace(" ", "")
        return digits if is_postcode(digits) else FieldFault.POSTCODE
    return _line(text, country)


def _telephone(text: str, country: str) -> Read:
    return read_telephone(text, country=country if country in countries("fr") else FRANCE)


def _email(text: str, _country: str) -> Read:
    return text if is_address(text) else FieldFault.EMAIL


_READERS: Final[Mapping[str, Callable[[str, str], Read]]] = {
    "profession": _profession,
    "title": _one_of(TITLES, FieldFault.TITLE),
    "civility": _one_of(CIVILITIES, FieldFault.CIVILITY),
    "family_name": _latin_name,
    "given_name": _latin_name,
    "birth_name": _name,
    "country": _country,
    "street": _line,
    "po_box": _line,
    "postcode": _postcode,
    "town": _line,
    "cedex": _line,
    "department": _one_of(DEPARTMENTS, FieldFault.DEPARTMENT),
    "telephone": _telephone,
    "emergency_telephone": _telephone,
    "mobile": _telephone,
    "fax": _telephone,
    "email": _email,
    "confidentiality": _one_of(list(Confidentiality), FieldFault.CONFIDENTIALITY),
}
