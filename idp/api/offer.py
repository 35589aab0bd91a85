"""`GET /api/offer`: the communities, and the applications whose registration says how people ask for them."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from config.reference.names import without_accents
from config.sql.versioned_cache import Revisions
from idp.accounts.communities import Communities, CommunityDescription
from idp.accounts.operator_roles import application_scope, community_scope
from idp.accounts.operators import Operators
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.enrollment_terms import EnrollmentTerms
from relying_parties.registry.application import Application
from relying_parties.registry.lookup import REVISION, ApplicationLookup

_PAGE: Final = 200


class Offer:
    """What people may ask for, in the alphabetical order of the names in French."""

    def __init__(
        self,
        registry: ApplicationLookup,
        communities: Communities,
        operators: Operators,
        revisions: Revisions,
        *,
        issuer: str,
    ) -> None:
        self._registry = registry
        self._communities = communities
        self._operators = operators
        self._revisions = revisions
        self._issuer = issuer

    def document(self) -> dict[str, Any]:
        """The offer, in JSON."""
        revision = self._revisions.number(REVISION)  # before the read: the document is never older than it says
        communities = sorted(self._communities.all(), key=lambda each: without_accents(each.display_name_fr))
        applications = sorted(self._offered(), key=lambda each: without_accents(each[0].display_name.fr))
        approved = self._operators.approved_scopes()
        return {
            "communities": [_community(each, approved) for each in communities],
            "applications": [self._application(*each, approved) for each in applications],
            "revision": revision,
        }

    def _offered(self) -> Iterator[tuple[Application, EnrollmentTerms]]:
        for application in _each(self._registry.list):
            if application.enrollment is not None and not application.is_suspended:
                yield application, application.enrollment

    def _application(
        self, application: Application, terms: EnrollmentTerms, approved: frozenset[str]
    ) -> dict[str, Any]:
        return {
            "client_id": application.client_id,
            "name": application.name,
            "display_name": _text(application.display_name),
            "help": _text(terms.help),
            "logo": f"{self._issuer}/logos/{application.name}/{application.logo}" if application.logo else None,
            "category": str(terms.category),
            "requestable": terms.requestable,
            "roles": [{"name": role.name, "display_name": _text(role.display_name)} for role in terms.roles],
            "needs_communities": list(terms.needs_communities),
            "closed_to_levels": list(terms.closed_to_levels),
            "has_approvers": application_scope(application.client_id) in approved,
        }


def _each(list_applications: Callable[..., Any]) -> Iterator[Application]:
    """Every registered application, a page at a time."""
    after = ""
    while page := list_applications(after=after, limit=_PAGE):
        yield from page
        after = page[-1].name


def _community(community: CommunityDescription, approved: frozenset[str]) -> dict[str, Any]:
    return {
        "name": community.name,
        "display_name": {"fr": community.display_name_fr, "en": community.display_name_en},
        "help": {"fr": community.help_fr, "en": community.help_en},
        "requestable": community.requestable,
        "has_approvers": community_scope(community.name) in approved,
    }


def _text(text: DisplayName) -> dict[str, str]:
    return {"fr": text.fr, "en": text.en}
