"""The person of a request: the columns that hold them, their values in words, and how their names are searched."""

from typing import Final

from config.reference.countries import countries
from config.reference.departments import DEPARTMENTS
from config.reference.names import folded
from config.reference.professions import label_of
from config.reference.telephones import shown
from config.reference.titles import CIVILITIES, TITLES, civility_of, title_of
from enrollment.requests.models import EnrollmentRequest

PERSON_FIELDS: Final = (
    "rpps", "adeli", "profession", "title", "civility", "family_name", "given_name", "birth_name",
    "country", "street", "po_box", "postcode", "town", "cedex", "department",
    "telephone", "emergency_telephone", "mobile", "fax", "email", "confidentiality",
)  # fmt: skip
"""What a person tells, by the name of its column: in the order in which it is asked and shown."""

TELEPHONES: Final = ("telephone", "emergency_telephone", "mobile", "fax")
LONGEST_SEARCHED: Final = 370


def in_words(field: str, value: str, language: str) -> str:
    """The value of a field as people read it. A confidentiality level stays a code: `messages.py` says it."""
    match field:
        case "profession":
            return label_of(value, language)
        case "civility":
            civility = civility_of(value)
            return CIVILITIES[civility].text(language) if civility else value
        case "title":
            title = title_of(value)
            return TITLES[title].text(language) if title else value
        case "country":
            return countries(language).get(value, value)
        case "department":
            return DEPARTMENTS.get(value, value)
        case _ if field in TELEPHONES:
            return shown(value)
    return value


def person_name(request: EnrollmentRequest, language: str) -> str:
    """The name with its title in full, as "Docteur Éloïse d'Aubrac"; the reference when the person was erased.

    Every page says it so, to the person and to operators: the title is the word that was chosen in the form, and a
    screen reader reads it as it is.
    """
    title = in_words("title", request.title, language) if title_of(request.title) else ""
    name = " ".join(filter(None, (request.given_name, request.family_name)))
    return " ".join(filter(None, (title, name))) if name else request.reference or ""


def searched_name(*, family_name: str, given_name: str, birth_name: str) -> str:
    """What goes into `folded_name`: the three names folded, so that a search finds them however typed."""
    return " ".join(filter(None, map(folded, (family_name, given_name, birth_name))))[:LONGEST_SEARCHED]


def fold_name(request: EnrollmentRequest) -> None:
    """Renew the form in which the names of a request are searched."""
    request.folded_name = searched_name(
        family_name=request.family_name, given_name=request.given_name, birth_name=request.birth_name
    )
