"""`POST /api/operators`: the roles that operators hold now, by their subjects.

Enrollment asks before a decision becomes final, of those who have voted before, and names the person of the request: an
operator holds nothing for a request of their own. A person who is an operator by two accounts holds what the first one
of the call has: two operators must be two people.
"""

from dataclasses import dataclass
from typing import Any, Final

from config.reference.national_ids import IdentifierType, national_identifier
from config.reference.numbers import ProfessionalNumber, read_rpps
from idp.accounts.acceptance import is_same_person
from idp.accounts.accounts import Accounts
from idp.accounts.snapshot import AccountSnapshot
from idp.accounts.subjects import Subjects
from idp.api.fields import LONGEST_NAME, Members

MOST_OPERATORS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """The person of a request. `accounts` are those that it is said to be of."""

    accounts: frozenset[str] = frozenset()
    email: str = ""
    national_id: str | None = None


class OperatorRoles:
    """Reads the subjects, and answers with what each holds."""

    def __init__(self, accounts: Accounts, subjects: Subjects) -> None:
        self._accounts = accounts
        self._subjects = subjects

    def post(self, body: Members) -> dict[str, Any]:
        """The answer, in the order of the call. Who has no account, or a disabled one, holds nothing.

        Raises:
            ApiProblem: 422.
        """
        subjects = []
        for item in body.listed("operators", most=MOST_OPERATORS):
            subjects.append(item.text("subject", longest=LONGEST_NAME, least=1))
            item.refuse_unknown()
        person = self._person(body)
        body.raise_problems()
        before: list[AccountSnapshot] = []
        return {
            "operators": [
                {"subject": subject, "roles": self._roles_of(subject, person, before)} for subject in subjects
            ]
        }

    def _person(self, body: Members) -> _Person:
        members = body.members("person")
        if members is None:
            return _Person()
        subject, handle = (members.text(name, longest=LONGEST_NAME) for name in ("subject", "handle"))
        email, rpps = members.text("email", longest=254), members.text("rpps", longest=40)
        members.refuse_unknown()
        number = read_rpps(rpps) if rpps else None
        return _Person(
            accounts=frozenset(filter(None, (self._subjects.account_of(subject) if subject else None, handle))),
            email=email,
            national_id=national_identifier(IdentifierType.RPPS, number.value)
            if isinstance(number, ProfessionalNumber)
            else None,
        )

    def _roles_of(self, subject: str, person: _Person, before: list[AccountSnapshot]) -> list[str]:
        """The roles of an operator who is none of those `before`, and is added to them."""
        account_id = self._subjects.account_of(subject)
        operator = self._accounts.snapshot(account_id, fresh=True) if account_id is not None else None
        if operator is None or operator.disabled:
            return []
        for account in (None, *person.accounts):
            if is_same_person(operator, account=account, email=person.email, national_id=person.national_id):
                return []
        for each in before:
            if is_same_person(operator, account=None, email=each.email, national_id=each.national_id):
                return []
        before.append(operator)
        return sorted(map(str, operator.roles))
