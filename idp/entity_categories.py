"""What the entity categories of a service provider ask for: RFC 8409, and the bundles that REFEDS publishes.

A category is said in metadata that we have verified, by the federation that
examined who bears it. It asks, as RequestedAttributes do, and grants nothing: an
attribute leaves only if the application's registration names it too (`release.py`).

We announce support of none (RFC 8409, section 4): each of these says that whoever
announces it gives its bundle to all who bear it "without administrative involvement",
and here someone decides for each application; nor have we all that is in them.
"""

from collections.abc import Mapping

# REFEDS Research and Scholarship 1.3, section 5. We have no eduPersonPrincipalName, eduPersonScopedAffiliation.
RESEARCH_AND_SCHOLARSHIP = "http://refeds.org/category/research-and-scholarship"
# GÉANT Data Protection Code of Conduct 1, REFEDS Code of Conduct 2: what its RequestedAttributes say, and no more.
CODE_OF_CONDUCT_1 = "http://www.geant.net/uri/dataprotection-code-of-conduct/v1"
CODE_OF_CONDUCT_2 = "https://refeds.org/category/code-of-conduct/v2"
# REFEDS Anonymous, Pseudonymous and Personalized Access 2, sections 5.1. We have no schacHomeOrganization,
# eduPersonScopedAffiliation, eduPersonAssurance: of the first bundle, nothing.
ANONYMOUS = "https://refeds.org/category/anonymous"
PSEUDONYMOUS = "https://refeds.org/category/pseudonymous"
PERSONALIZED = "https://refeds.org/category/personalized"

_NAME_AND_EMAIL = frozenset({"display_name", "given_name", "family_name", "email"})

BUNDLES: Mapping[str, frozenset[str]] = {
    RESEARCH_AND_SCHOLARSHIP: _NAME_AND_EMAIL,
    CODE_OF_CONDUCT_1: frozenset(),
    CODE_OF_CONDUCT_2: frozenset(),
    ANONYMOUS: frozenset(),
    PSEUDONYMOUS: frozenset({"pairwise-id"}),
    PERSONALIZED: _NAME_AND_EMAIL | {"subject-id"},
}
