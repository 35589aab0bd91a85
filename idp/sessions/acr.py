"""The assurance levels as `acr` values and AuthnContext class references, which are the same URIs.

OpenID Connect Core 1.0 section 2; SAML V2.0 Authentication Context section 3.4. docs/decisions/acr-values.md says why
these were chosen.
"""

from collections.abc import Iterable, Mapping

from relying_parties.policy import AssuranceLevel

CLASS: Mapping[AssuranceLevel, str] = {
    AssuranceLevel.PASSWORD: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    AssuranceLevel.TWO_FACTORS: "https://refeds.org/profile/mfa",
    AssuranceLevel.CARD: "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
}

ASSURANCE: Mapping[str, AssuranceLevel] = {uri: level for level, uri in CLASS.items()}


def lowest_level(uris: Iterable[str]) -> AssuranceLevel | None:
    """The lowest assurance level among the URIs that we know; None when we know none of them."""
    return min((ASSURANCE[uri] for uri in uris if uri in ASSURANCE), default=None)
