"""The person of a request: the columns that hold them, and the form in which their names are searched."""

from typing import Final

from config.reference.names import folded

PERSON_FIELDS: Final = (
    "rpps", "adeli", "profession", "title", "civility", "family_name", "given_name", "birth_name",
    "country", "street", "po_box", "postcode", "town", "cedex", "department",
    "telephone", "emergency_telephone", "mobile", "fax", "email", "confidentiality",
)  # fmt: skip
"""What a person tells, by the name of its column: in the order in which it is asked and shown."""

LONGEST_SEARCHED: Final = 370


def searched_name(*, family_name: str, given_name: str, birth_name: str) -> str:
    """What goes into `folded_name`: the three names folded, so that a search finds them however typed."""
    return " ".join(filter(None, map(folded, (family_name, given_name, birth_name))))[:LONGEST_SEARCHED]
