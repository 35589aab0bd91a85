"""Our assurances as OpenID Connect says them: `acr` values (Core 1.0, section 2)."""

from collections.abc import Mapping

from relying_parties.policy import Assurance

ACR: Mapping[Assurance, str] = {
    Assurance.PASSWORD: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
    Assurance.TWO_FACTORS: "https://refeds.org/profile/mfa",
    Assurance.CARD: "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI",
}

_ASSURANCE = {acr: assurance for assurance, acr in ACR.items()}


def lowest_named(acr_values: list[str]) -> Assurance | None:
    """The least demanding assurance among `acr_values` that we know, or None when we know none of them."""
    return min((_ASSURANCE[acr] for acr in acr_values if acr in _ASSURANCE), default=None)
