"""`POST /api/matches`: the accounts that may be the person of a request, for a named operator."""

from typing import Any

from config.reference.national_ids import IdentifierType, number_of
from idp.accounts.errors import OperatorNotAllowed
from idp.accounts.matching import AccountMatches, Match, Sought
from idp.api.fields import LONGEST_NAME, Members
from idp.api.problems import ApiProblem


class Matches:
    """Reads who is sought, and answers with the few accounts that match."""

    def __init__(self, matches: AccountMatches) -> None:
        self._matches = matches

    def post(self, body: Members) -> dict[str, Any]:
        """The answer.

        Raises:
            ApiProblem: 403 or 422.
        """
        operator = body.text("operator", longest=LONGEST_NAME, least=1)
        sought = Sought(
            rpps=body.text("rpps", longest=40),
            email=body.text("email", longest=254),
            family_name=body.text("family_name", longest=120),
            given_name=body.text("given_name", longest=120),
            birth_name=body.text("birth_name", longest=120),
        )
        body.raise_problems()
        try:
            return {"matches": [_as_json(each) for each in self._matches.find(sought, operator=operator)]}
        except OperatorNotAllowed as refused:
            raise ApiProblem(403, refused.code, str(refused)) from None


def _as_json(match: Match) -> dict[str, Any]:
    account = match.account
    return {
        "handle": account.account_id,
        "username": account.login,
        "name": account.display_name,
        "birth_name": account.birth_name,
        "rpps": number_of(account.national_id, IdentifierType.RPPS) if account.national_id else None,
        "rpps_proof": account.national_id_proof,
        "email": account.email,
        "profession": account.profession,
        "disabled": account.disabled,
        "why": list(match.why),
    }
