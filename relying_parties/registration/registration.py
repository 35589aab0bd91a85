"""The registration of an application, and the rules that both protocols share.

`toml_registration.py` and `client_metadata.py` read a `Document`; this module checks it and makes a `Registration`,
which has then passed every rule. The rules of each protocol are in `oidc_client.py` and `saml_rules.py`.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from config.logos import Logo
from relying_parties.addresses import address_fault, origin_of
from relying_parties.field_reader import Document
from relying_parties.policy import AccessRule, AssuranceLevel, Capabilities, CardRemoval
from relying_parties.problems import RegistrationProblems, among
from relying_parties.registration.display_name import DisplayName
from relying_parties.registration.enrollment_terms import EnrollmentTerms, read_enrollment
from relying_parties.registration.oidc_client import OidcClient, oidc_terms_of
from relying_parties.registration.saml_sp import SamlServiceProvider

LONGEST_CARD_REVOCATION_GRACE: Final = 72  # hours
_LONGEST_NAME = 40
_LONGEST_DISPLAY_NAME = 120
_LONGEST_LOGIN_BUTTON = 40
_MOST_ATTRIBUTES = 64

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed with an application, registered already or not.

    `login_button` ends the text of the login button ("au DCC" for "Se connecter au
    DCC"); it is empty when none was given. At least one of `oidc` and `saml` is set.
    `enrollment` is None for an application that is not offered to people who ask for an account.
    """

    name: str
    display_name: DisplayName
    login_button: DisplayName
    home_url: str
    attributes: frozenset[str]
    lowest_assurance: AssuranceLevel
    entry: AccessRule
    confirm_identity: bool
    card_revocation_grace_hours: int = 0
    card_removal: CardRemoval = CardRemoval.KEEP
    enrollment: EnrollmentTerms | None = None
    oidc: OidcClient | None = None
    saml: SamlServiceProvider | None = None

    @property
    def card_revocation_grace(self) -> timedelta:
        """How long a card is still accepted after the end of the last revocation list."""
        return timedelta(hours=self.card_revocation_grace_hours)

    def is_closed_to(self, level: str) -> bool:
        """Whether people of this confidentiality level are excluded."""
        return self.enrollment is not None and level in self.enrollment.closed_to_levels


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Terms):
    """A request to register an application.

    `identifier` names the application in entitlements, sessions and the audit trail, and is the client_id of OpenID
    Connect; None means the application's name. `metadata_xml` is the document that `saml` was read from.
    """

    identifier: str | None
    logo: Logo | None
    metadata_xml: bytes = b""


def registration_of(
    document: Document, capabilities: Capabilities, *, logo: Logo | None, saml: SamlServiceProvider | None = None
) -> Registration:
    """The registration that `document` describes; `saml` is its SAML part, already read.

    Raises:
        RegistrationProblems: with every problem.
    """
    name, identifier = _name(document), _identifier(document)
    french, english = _display_name(document)
    oidc = oidc_terms_of(document, capabilities) if document.uses_oidc else None
    registration = Registration(
        name=name,
        identifier=identifier,
        display_name=DisplayName(french, english),
        login_button=_login_button(document),
        logo=logo,
        home_url=_home_url(document, capabilities, oidc, saml),
        attributes=_attributes(document, capabilities),
        lowest_assurance=_lowest_assurance(document, capabilities),
        entry=document.choice("entry", AccessRule, AccessRule.ENTITLED),
        confirm_identity=document.boolean("confirm_identity", default=False),
        card_revocation_grace_hours=document.whole_number(
            "card_revocation_grace_hours", default=0, most=LONGEST_CARD_REVOCATION_GRACE
        ),
        card_removal=document.choice("card_removal", CardRemoval, CardRemoval.KEEP),
        enrollment=read_enrollment(document, capabilities),
        oidc=oidc,
        saml=saml,
    )
    if document.problems:
        raise RegistrationProblems(document.problems)
    return registration


def is_name(text: str) -> bool:
    """Whether an application could have this name."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_identifier(text: str) -> bool:
    """Whether an application could have this identifier, which is also its client_id."""
    return _IDENTIFIER.fullmatch(text) is not None


def _name(document: Document) -> str:
    name = document.text("name", longest=_LONGEST_NAME)
    if "name" not in document.values:
        document.missing("name", 'a short name, such as "dcc"')
    elif name is not None and not is_name(name):
        document.refuse("name", name, "must be made of a-z, 0-9 and single hyphens, and start with a letter")
    return name or ""


def _identifier(document: Document) -> str | None:
    """RFC 6749 appendix A.1, without the characters that HTTP Basic, URLs and pages would have to escape."""
    identifier = document.text("identifier")
    if identifier is not None and not is_identifier(identifier):
        document.refuse("identifier", identifier, "must be at most 64 of A-Z a-z 0-9 . _ ~ -; left out, it is the name")
    return identifier


def _display_name(document: Document) -> tuple[str, str]:
    french = document.text("display_name.fr", longest=_LONGEST_DISPLAY_NAME)
    english = document.text("display_name.en", longest=_LONGEST_DISPLAY_NAME)
    if "display_name.fr" not in document.values:
        document.missing("display_name.fr", "the name shown on pages")
    return french or "", english or french or ""


def _login_button(document: Document) -> DisplayName:
    french, english = (document.text(f"login_button.{tag}", longest=_LONGEST_LOGIN_BUTTON) for tag in ("fr", "en"))
    return DisplayName(french or "", english or "")


def _home_url(
    document: Document, capabilities: Capabilities, oidc: OidcClient | None, saml: SamlServiceProvider | None
) -> str:
    """The target of "start again". Our pages link to it, so it must be at an origin of the application."""
    home_url = document.text("home_url")
    origins = _origins(oidc, saml)
    if home_url is None:
        if "home_url" not in document.values:
            example = f"{[*origins, 'https://dcc.example'][0]}/"
            document.missing("home_url", f'the start page of the application, such as "{example}"')
        return ""
    if fault := address_fault(home_url, loopback_http=capabilities.loopback_http, of_metadata=saml is not None):
        document.refuse("home_url", home_url, fault)
    elif origins and origin_of(home_url) not in origins:
        of = " or ".join(["redirect_uris'"] * (oidc is not None) + ["endpoints'"] * (saml is not None))
        document.refuse("home_url", home_url, f"must be at one of the {of} origins: {', '.join(origins)}")
    return home_url


def _origins(oidc: OidcClient | None, saml: SamlServiceProvider | None) -> list[str]:
    """The application's origins: those of the addresses that receive our answers, in either protocol."""
    addresses = [*(oidc.redirect_uris if oidc else ())]
    if saml is not None:
        addresses += [endpoint.location for endpoint in saml.service_provider.endpoints]
    return list(dict.fromkeys(map(origin_of, addresses)))


def _attributes(document: Document, capabilities: Capabilities) -> frozenset[str]:
    attributes = document.texts("attributes", most=_MOST_ATTRIBUTES)
    for attribute in attributes:
        if attribute not in capabilities.attributes:
            document.refuse("attributes", attribute, among(attribute, sorted(capabilities.attributes)))
    return frozenset(attributes)


def _lowest_assurance(document: Document, capabilities: Capabilities) -> AssuranceLevel:
    """Two factors by default. At least one enabled login method must reach the level."""
    lowest = document.choice("lowest_assurance", AssuranceLevel, AssuranceLevel.TWO_FACTORS)
    declared = document.values.get("lowest_assurance")
    if not capabilities.reaches(lowest) and (declared is None or declared == lowest):
        enabled = ", ".join(f"{method} (reaches {reached})" for method, reached in capabilities.methods.items())
        reachable = max(capabilities.methods.values(), default=None)
        document.refuse(
            "lowest_assurance",
            declared,
            f"no enabled login method reaches {lowest}{'' if declared else ', the default'}: "
            f"enabled: {enabled or 'none'}; enable a method that reaches it"
            f"{f', or declare {reachable}' if reachable else ''}",
        )
    return lowest
