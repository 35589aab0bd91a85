"""What the register knows of a number, and how old it is. Only the current extract is read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, select

from config.reference.national_ids import IdentifierType, national_identifier
from config.sql.database import Database
from enrollment.register.models import ExtractState, RegisterEntry, RegisterExtract

MOST_LINES: Final = 100  # of one person; the extract has a few dozen at most
STALE_AFTER: Final = timedelta(days=14)
"""An extract is published every day, but for gaps of ten days that have been seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentExtract:
    """The extract that the register is made of."""

    source: str
    published_at: datetime
    imported_at: datetime
    lines: int
    unreadable_lines: int
    sha256: str

    def is_stale(self, now: datetime) -> bool:
        """Whether a newer one should have been imported by now."""
        return now - self.published_at > STALE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where a professional practises, as the register has it."""

    structure: str
    structure_id: str
    street: str
    po_box: str
    postcode: str
    town: str
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredPerson:
    """A professional, as the register has them."""

    national_id: str
    title: str
    civility: str
    family_name: str
    given_name: str
    professions: tuple[str, ...]
    """Codes; several for a few people."""
    workplaces: tuple[Workplace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """The answer to a look-up: the person, None when the register does not have them, and the date of the extract."""

    person: RegisteredPerson | None
    published_at: datetime


class Register:
    """The register, to read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def current(self) -> CurrentExtract | None:
        """The current extract; None when none was imported yet."""
        with self._database.reading() as connection:
            row = connection.execute(
                select(
                    RegisterExtract.source,
                    RegisterExtract.published_at,
                    RegisterExtract.ended_at.label("imported_at"),
                    RegisterExtract.lines,
                    RegisterExtract.unreadable_lines,
                    RegisterExtract.sha256,
                ).where(RegisterExtract.state == ExtractState.CURRENT)
            ).one_or_none()
        return None if row is None else CurrentExtract(**row._mapping)

    def find_by_rpps(self, rpps: str) -> LookedUp | None:
        """What the current extract has of an RPPS number (eleven digits); None when there is no extract."""
        return self.find_all([rpps]).get(rpps)

    def find_all(self, numbers: Collection[str]) -> Mapping[str, LookedUp]:
        """What the current extract has of each of these RPPS numbers; empty when there is no extract.

        One statement, so that an extract that becomes current meanwhile is read whole or not at all.
        """
        if not numbers:
            return {}
        identifiers = {number: national_identifier(IdentifierType.RPPS, number) for number in numbers}
        of_people = and_(
            RegisterEntry.extract_id == RegisterExtract.id,
            RegisterEntry.national_id.in_(identifiers.values()),
        )
        with self._database.reading() as connection:
            lines = connection.execute(
                select(RegisterExtract.published_at, RegisterEntry)
                .select_from(RegisterExtract)
                .outerjoin(RegisterEntry, of_people)
                .where(RegisterExtract.state == ExtractState.CURRENT)
                .order_by(RegisterEntry.national_id, RegisterEntry.line)
                .limit(MOST_LINES * len(numbers))
            ).all()
        if not lines:
            return {}
        published_at = lines[0].published_at
        found = {number: [line for line in lines if line.national_id == of] for number, of in identifiers.items()}
        return {
            number: LookedUp(person=_person(of_number) if of_number else None, published_at=published_at)
            for number, of_number in found.items()
        }


def _person(lines: Sequence[Any]) -> RegisteredPerson:
    """The professional of these lines, which are those of one number."""
    workplaces = [
        Workplace(
            structure=line.structure,
            structure_id=line.structure_id,
            street=line.street,
            po_box=line.po_box,
            postcode=line.postcode,
            town=line.town,
            department=line.department,
        )
        for line in lines
        if line.structure or line.postcode
    ]
    first = lines[0]
    return RegisteredPerson(
        national_id=first.national_id,
        title=first.title,
        civility=first.civility,
        family_name=first.family_name,
        given_name=first.given_name,
        professions=tuple(dict.fromkeys(line.profession for line in lines if line.profession)),
        workplaces=tuple(dict.fromkeys(workplaces)),
    )
