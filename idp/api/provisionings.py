"""`PUT /api/provisionings/<request>/<sequence>`: what enrollment asks for is read, then done once.

`POST /api/provisionings/<request>/letter` reads the same body, and answers with the letter that would be mailed.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final

from config.mail import Letter
from idp.accounts.acceptance import Acceptance, GrantedAccess
from idp.accounts.accepted_requests import AcceptedRequests, Delivered
from idp.accounts.assignments import LONGEST_REASON, LONGEST_ROLE, AssignmentTerms
from idp.accounts.communities import Communities
from idp.accounts.errors import (
    AccountProblems,
    CardTaken,
    IdentifierTaken,
    NationalIdentifierTaken,
    NoSuchCard,
    NoSuchCommunity,
    OperatorNotAllowed,
    ProvisioningConflict,
    UsernameTaken,
)
from idp.api.account_wanted import read_account, read_card
from idp.api.fields import LONGEST_NAME, Members
from idp.api.problems import ApiProblem, body_problem
from relying_parties.registry.lookup import ApplicationLookup

MOST_GRANTED: Final = 64  # communities, and applications
LONGEST_WORDS: Final = 4_000
_REQUEST: Final = re.compile(r"[0-9a-f]{32}")
_REFERENCE: Final = re.compile(r"[A-Z]{2,8}-[0-9]{4}-[0-9]{1,9}")
_LAST_SEQUENCE: Final = 9_999
_CONFLICTS: Final = {
    NationalIdentifierTaken: "account: another account has proven this national identifier",
    IdentifierTaken: "account: another account has proven this number",
    UsernameTaken: "account: no username is free for this name",
}
_CARDS: Final = {
    CardTaken: "card: it is bound to another account, or was ended",
    NoSuchCard: "card: it was not verified here for enrollment in the last 90 days: its holder presents it again",
}


class Provisionings:
    """Reads what enrollment asks for, and has it done."""

    def __init__(
        self, requests: AcceptedRequests, registry: ApplicationLookup, communities: Communities, *, issuer: str
    ) -> None:
        self._requests = requests
        self._registry = registry
        self._communities = communities
        self._issuer = issuer

    def put(self, request: str, sequence: int, body: Members) -> Delivered:
        """Do what the body asks for, unless a former call has.

        Raises:
            ApiProblem: 403, 404, 409 or 422; nothing was done.
        """
        if not 0 < sequence <= _LAST_SEQUENCE:
            raise body_problem(["the address: must have a sequence from 1"])
        acceptance = self._read(request, sequence, body)
        with _refusals_as_problems():
            return self._requests.deliver(acceptance)

    def preview(self, request: str, body: Members) -> Letter | None:
        """The letter that the first call with this body would mail; nothing is done.

        Raises:
            ApiProblem: as `put` does.
        """
        acceptance = self._read(request, 1, body)
        with _refusals_as_problems():
            return self._requests.preview(acceptance)

    def _read(self, request: str, sequence: int, body: Members) -> Acceptance:
        if not _REQUEST.fullmatch(request):
            raise body_problem(["the address: must have a request (32 hexadecimal digits)"])
        continue_to = body.text("continue_to", longest=LONGEST_NAME) or None
        card = read_card(body)
        reference = body.text("reference", longest=40, least=1)
        if reference and not _REFERENCE.fullmatch(reference):
            body.refuse("reference", "must be the reference of a request, such as INS-2026-004817")
        acceptance = Acceptance(
            request=request,
            sequence=sequence,
            digest=sha256(body.canonical.encode()).hexdigest(),
            operator=body.text("operator", longest=LONGEST_NAME, least=1),
            reference=reference,
            account=read_account(body, card),
            communities=self._communities_of(body),
            entitlements=self._entitlements_of(body),
            continue_to=continue_to,
            login_url=self._login_url(continue_to),
            words=body.text("words", longest=LONGEST_WORDS, prose=True),
            card=card,
        )
        body.raise_problems()
        return acceptance

    def _communities_of(self, body: Members) -> tuple[GrantedAccess, ...]:
        known = {each.name: each for each in self._communities.all()}

        def granted(item: Members, name: str, terms: AssignmentTerms) -> GrantedAccess | None:
            if (community := known.get(name)) is None:
                item.refuse("name", "is not the name of a community")
                return None
            return GrantedAccess(
                name=name,
                display_name_fr=community.display_name_fr,
                display_name_en=community.display_name_en,
                terms=terms,
            )

        return _granted(body, "communities", "name", granted)

    def _entitlements_of(self, body: Members) -> tuple[GrantedAccess, ...]:
        def granted(item: Members, name: str, terms: AssignmentTerms) -> GrantedAccess | None:
            application = self._registry.by_identifier(name)
            if application is None or application.enrollment is None:
                item.refuse("client_id", "is not an application whose registration says how people ask for it")
                return None
            roles = [role.name for role in application.enrollment.roles]
            if terms.role is not None and terms.role not in roles:
                allowed = (
                    f"must be one of {', '.join(roles)}" if roles else "must be null: the application has no roles"
                )
                item.refuse("role", allowed)
            names = application.display_name
            return GrantedAccess(
                name=name,
                display_name_fr=names.fr,
                display_name_en=names.en,
                terms=terms,
                needs_communities=application.enrollment.needs_communities,
                closed_to_levels=application.enrollment.closed_to_levels,
            )

        return _granted(body, "entitlements", "client_id", granted)

    def _login_url(self, continue_to: str | None) -> str:
        """Where the person logs in: at the application first asked for, else on the account's own page.

        An application that is no longer registered is passed over.
        """
        application = self._registry.by_identifier(continue_to) if continue_to else None
        return application.login_url(self._issuer) if application is not None else f"{self._issuer}/account"


@contextmanager
def _refusals_as_problems() -> Iterator[None]:
    """
    Raises:
        ApiProblem: 403, 409 or 422, for each refusal of `AcceptedRequests`.
    """
    try:
        yield
    except OperatorNotAllowed as refused:
        raise ApiProblem(403, refused.code, str(refused)) from None
    except ProvisioningConflict as conflict:
        raise ApiProblem(409, conflict.code, str(conflict)) from None
    except (NationalIdentifierTaken, IdentifierTaken, UsernameTaken) as taken:
        raise ApiProblem(409, taken.code, _CONFLICTS[type(taken)]) from None
    except (CardTaken, NoSuchCard) as refused_card:
        raise ApiProblem(409, refused_card.code, _CARDS[type(refused_card)]) from None
    except AccountProblems as wrong:
        raise body_problem(wrong.problems) from None
    except NoSuchCommunity as unknown:
        raise body_problem([f"communities: {unknown} is not a community"]) from None


def _granted(
    body: Members,
    member: str,
    named_by: str,
    make: Callable[[Members, str, AssignmentTerms], GrantedAccess | None],
) -> tuple[GrantedAccess, ...]:
    found: dict[str, GrantedAccess] = {}
    for item in body.listed(member, most=MOST_GRANTED):
        name = item.text(named_by, longest=LONGEST_NAME, least=1)
        terms = AssignmentTerms(
            role=item.text("role", longest=LONGEST_ROLE) or None,
            starts_at=item.instant("starts_at"),
            ends_at=item.instant("ends_at"),
            reason=" ".join(item.text("reason", longest=LONGEST_REASON, prose=True).split()) or None,
        )
        item.refuse_unknown()
        if name in found:
            item.refuse(named_by, "is listed twice")
        elif name and (granted := make(item, name, terms)) is not None:
            found[name] = granted
    return tuple(found.values())
