"""`POST /api/operators`: the roles that operators hold now, by their subjects.

Enrollment asks before a decision becomes final, of those who have voted before.
"""

from typing import Any, Final

from idp.accounts.operators import Operators
from idp.accounts.subjects import Subjects
from idp.api.fields import LONGEST_NAME, Members

MOST_OPERATORS: Final = 64


class OperatorRoles:
    """Reads the subjects, and answers with what each holds."""

    def __init__(self, operators: Operators, subjects: Subjects) -> None:
        self._operators = operators
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
        body.raise_problems()
        return {"operators": [{"subject": subject, "roles": self._roles_of(subject)} for subject in subjects]}

    def _roles_of(self, subject: str) -> list[str]:
        account_id = self._subjects.account_of(subject)
        return sorted(map(str, self._operators.roles_of(account_id))) if account_id is not None else []
