"""The login methods that an installation offers, and the assurance that each person reaches with them."""

from collections.abc import Iterable

from idp.accounts.snapshot import AccountSnapshot
from idp.login.methods.base import CredentialsMethod, LoginMethod
from idp.sessions.authentication import Authentication, assurance_of
from relying_parties.policy import AssuranceLevel


class LoginMethods:
    """The methods offered, in the order of the sign-on page."""

    def __init__(self, methods: Iterable[LoginMethod]) -> None:
        self.offered = tuple(methods)
        self._highest = assurance_of(method.factor for method in self.offered)

    def can_reach(self, level: AssuranceLevel) -> bool:
        """Whether all methods together reach `level`."""
        return self._highest is not None and self._highest >= level

    def account_can_reach(self, account: AccountSnapshot, achieved: Authentication, level: AssuranceLevel) -> bool:
        """Whether this person reaches `level` with the methods that they have enrolled."""
        types = [factor.type for factor in achieved.factors]
        types.extend(method.factor for method in self.offered if method.is_enrolled(account))
        highest = assurance_of(types)
        return highest is not None and highest >= level

    def that_open(self, level: AssuranceLevel) -> tuple[LoginMethod, ...]:
        """The methods by which a login of `level` begins: those that open a session by themselves.

        Where only some reach `level` alone, and the others do not reach it together, the others are left out.
        """
        opening = tuple(method for method in self.offered if method.factor.alone is not None)
        enough = tuple(method for method in opening if method.factor.alone is not None and method.factor.alone >= level)
        others = assurance_of(method.factor for method in self.offered if method not in enough)
        is_reached_by_others = others is not None and others >= level
        return opening if is_reached_by_others or not enough else enough

    def that_reach(
        self, account: AccountSnapshot, achieved: Authentication, level: AssuranceLevel
    ) -> tuple[LoginMethod, ...]:
        """The methods that this person has enrolled and that, added to the factors achieved, reach `level`."""
        types = [factor.type for factor in achieved.factors]
        return tuple(
            method
            for method in self.offered
            if method.is_enrolled(account)
            and (reached := assurance_of([*types, method.factor])) is not None
            and reached >= level
        )

    def by_credentials(self) -> CredentialsMethod | None:
        """The method that a client can use without a page."""
        return next((method for method in self.offered if isinstance(method, CredentialsMethod)), None)
