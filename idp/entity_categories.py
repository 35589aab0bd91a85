"""The attribute bundles that entity categories request: RFC 8409, and the categories that REFEDS publishes.

A federation examines a service provider and adds categories to its metadata, which we
verify. A category requests attributes, as RequestedAttributes do, and grants none: an
attribute is released only if the application's registration names it (`attribute_release.py`).

We do not announce support of any category (RFC 8409, section 4). An identity provider that
announces one releases its bundle to all its members "without administrative involvement".
Here an operator decides for each application, and we do not have every attribute of the bundles.
"""

from collections.abc import Mapping

# REFEDS Research and Scholarship 1.3, section 5. We have neither eduPersonPrincipalName nor eduPersonScopedAffiliation.
RESEARCH_AND_SCHOLARSHIP = "http://refeds.org/category/research-and-scholarship"
# GÉANT Data Protection Code of Conduct 1, REFEDS Code of Conduct 2: no bundle; only RequestedAttributes count.
CODE_OF_CONDUCT_1 = "http://www.geant.net/uri/dataprotection-code-of-conduct/v1"
CODE_OF_CONDUCT_2 = "https://refeds.org/category/code-of-conduct/v2"
# REFEDS Anonymous, Pseudonymous and Personalized Access 2, section 5.1 of each. We have no schacHomeOrganization,
# eduPersonScopedAffiliation or eduPersonAssurance, which leaves the first bundle empty.
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
