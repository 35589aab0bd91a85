"""What the national register proposes in step 2 to a person who has typed a number and both names of its holder.

The person asks for it, sees it and takes it; then it is shown as the register's, and is no field. When there is
nothing to propose, the page does not say why (docs/decisions/the-register-proposes-to-those-who-name-themselves.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from config.reference.countries import FRANCE
from config.reference.numbers import ProfessionalNumber, read_rpps
from config.reference.professions import label_of
from config.reference.titles import CIVILITIES, TITLES
from enrollment.applicant.person_fields import ReadPerson, read_person
from enrollment.register.matching import Claim, Proposal, proposal_for
from enrollment.register.register import Register

NAMES: Final = ("family_name", "given_name")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalOnPage:
    """What is proposed, in words: the facts as (field, value), and the addresses to choose from."""

    facts: tuple[tuple[str, str], ...]
    addresses: tuple[str, ...]
    is_address_chosen: bool
    """Whether the only address is chosen at first: the person has typed none."""


def proposed(register: Register, typed: Mapping[str, str]) -> Proposal | None:
    """What the register proposes for what was typed."""
    number = read_rpps(typed["rpps"])
    if not isinstance(number, ProfessionalNumber):
        return None
    return proposal_for(
        register,
        Claim(
            rpps=number.value,
            family_name=typed["family_name"],
            given_name=typed["given_name"],
            birth_name=typed["birth_name"],
        ),
    )


def on_page(proposal: Proposal, typed: Mapping[str, str], language: str) -> ProposalOnPage:
    """A proposal in words, for a person who has typed this."""
    facts = {
        "profession": label_of(proposal.profession, language) if proposal.profession else "",
        "title": TITLES[proposal.title].text(language) if proposal.title else "",
        "civility": CIVILITIES[proposal.civility].text(language) if proposal.civility else "",
    }
    return ProposalOnPage(
        facts=tuple((name, value) for name, value in facts.items() if value),
        addresses=tuple(
            ", ".join(filter(None, (place.structure, place.street, f"{place.postcode} {place.town}".strip())))
            for place in proposal.workplaces
        ),
        is_address_chosen=len(proposal.workplaces) == 1
        and not any(typed[name] for name in ("street", "postcode", "town")),
    )


def taken(proposal: Proposal, typed: Mapping[str, str], workplace: str) -> ReadPerson:
    """The columns of a proposal that the person takes: the names as they have typed them, and the address of the
    workplace that they have chosen, by its number in the list. An address that step 2 would refuse is left out."""
    number = read_rpps(typed["rpps"])
    names = read_person(typed, fields=NAMES, required=NAMES)
    columns = dict(names.person)
    if isinstance(number, ProfessionalNumber):
        columns["rpps"] = number.value
    for name, value in (
        ("profession", proposal.profession), ("title", proposal.title), ("civility", proposal.civility)
    ):  # fmt: skip
        if value:
            columns[name] = str(value)
    if workplace.isascii() and workplace.isdigit() and len(workplace) < 4 and int(workplace) < len(proposal.workplaces):
        place = proposal.workplaces[int(workplace)]
        address = {name: getattr(place, name) for name in ("street", "po_box", "postcode", "town", "department")}
        read = read_person(
            address | {"country": FRANCE}, fields=(*address, "country"), required=("street", "postcode", "town")
        )
        if not read.problems:
            columns |= read.person
    return replace(names, person=columns)
