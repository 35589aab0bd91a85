"""Our assurances in the words that both protocols have for them: `acr` values and AuthnContext class references.

OpenID Connect Core 1.0 section 2; SAML V2.0 Authentication Context section 3.4;
why these: docs/decisions/acr-values.md.
"""

from collections.abc import Iterable, Mapping

from relying_parties.policy import AssuranceLevel

CLASS: Mapping[AssuranceLevel, str] = {
    AssuranceLevel.PASSWORD: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    AssuranceLevel.TWO_FACTORS: "https://refeds.org/profile/mfa",
    AssuranceLevel.CARD: "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
}

ASSURANCE: Mapping[str, AssuranceLevel] = {word: assurance for assurance, word in CLASS.items()}


def lowest_named(words: Iterable[str]) -> AssuranceLevel | None:
    """The least demanding assurance among `words` that we know, or None when we know none of them."""
    return min((ASSURANCE[word] for word in words if word in ASSURANCE), default=None)
