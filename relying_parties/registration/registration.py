"""A registration: what an application is allowed, in its one typed form, and the rules it obeys.

It is read from a declared file (`declared.py`), from client metadata
(`client_metadata.py`) or from a service provider's metadata
(`service_provider_metadata.py`), which only say where each field stands: the rules are
here, and each protocol's own in `oidc_terms.py` and `saml_registration.py`, once.
A `Registration` that exists has passed them all.
"""

import re
from dataclasses import dataclass

from config.logos import Logo
from relying_parties.addresses import address_fault, origin_of
from relying_parties.field_reader import Document
from relying_parties.policy import AccessRule, AssuranceLevel, Capabilities
from relying_parties.problems import RegistrationProblems, among
from relying_parties.registration.oidc_client import OidcClient, oidc_terms_of
from relying_parties.registration.saml_sp import SamlServiceProvider

_LONGEST_NAME = 40
_LONGEST_DISPLAY_NAME = 120
_LONGEST_LOGIN_BUTTON = 40
_MOST_ATTRIBUTES = 64

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


@dataclass(frozen=True, slots=True)
class DisplayName:
    """What people read: the name in French, and in English."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        return self.en if language.startswith("en") else self.fr


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is agreed with an application, whether it is only declared or already registered.

    `login_button` is the short name with its preposition, for the words of a button
    ("Se connecter au DCC"); empty where none was given. Of `oidc` and `saml` one
    at least is there: what the application speaks.
    """

    name: str
    display_name: DisplayName
    login_button: DisplayName
    home_url: str
    attributes: frozenset[str]
    lowest_assurance: AssuranceLevel
    entry: AccessRule
    confirm_identity: bool
    oidc: OidcClient | None = None
    saml: SamlServiceProvider | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Terms):
    """What someone asks us to register. Without an `identifier`, it is the name.

    The identifier is what entitlements, sessions and the audit trail know an
    application by, whatever it speaks: OpenID Connect calls it the client_id.
    `metadata_xml` is what `saml` was read from.
    """

    identifier: str | None
    logo: Logo | None
    metadata_xml: bytes = b""


def registration_of(
    document: Document, capabilities: Capabilities, *, logo: Logo | None, saml: SamlServiceProvider | None = None
) -> Registration:
    """The registration that `document` describes; `saml` has been read already, where it speaks SAML.

    Raises:
        RegistrationProblems: everything that is wrong with it, at once.
    """
    name, identifier = _name(document), _identifier(document)
    french, english = _display_name(document)
    oidc = oidc_terms_of(document, capabilities) if document.speaks_oidc else None
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
    """Whether an application could have this identifier, or client_id: they are one."""
    return _IDENTIFIER.fullmatch(text) is not None


def _name(document: Document) -> str:
    name = document.text("name", longest=_LONGEST_NAME)
    if "name" not in document.values:
        document.missing("name", 'a short word, such as "dcc"')
    elif name is not None and not is_name(name):
        document.refuse("name", name, "must be made of a-z, 0-9 and single hyphens, and start with a letter")
    return name or ""


def _identifier(document: Document) -> str | None:
    """RFC 6749 appendix A.1, less what HTTP Basic, addresses and pages would have to escape."""
    identifier = document.text("identifier")
    if identifier is not None and not is_identifier(identifier):
        document.refuse(
            "identifier", identifier, "must be at most 64 of A-Z a-z 0-9 . _ ~ -, or left out: it is then the name"
        )
    return identifier


def _display_name(document: Document) -> tuple[str, str]:
    french = document.text("display_name.fr", longest=_LONGEST_DISPLAY_NAME)
    english = document.text("display_name.en", longest=_LONGEST_DISPLAY_NAME)
    if "display_name.fr" not in document.values:
        document.missing("display_name.fr", "the name people read")
    return french or "", english or french or ""


def _login_button(document: Document) -> DisplayName:
    french, english = (document.text(f"login_button.{tag}", longest=_LONGEST_LOGIN_BUTTON) for tag in ("fr", "en"))
    return DisplayName(french or "", english or "")


def _home_url(
    document: Document, capabilities: Capabilities, oidc: OidcClient | None, saml: SamlServiceProvider | None
) -> str:
    """Where "start again" leads; we send people there on our own word, so it must be the application's own."""
    home_url = document.text("home_url")
    origins = _origins(oidc, saml)
    if home_url is None:
        if "home_url" not in document.values:
            document.missing(
                "home_url", f'the page people start from, such as "{[*origins, "https://dcc.example"][0]}/"'
            )
        return ""
    if fault := address_fault(home_url, loopback_http=capabilities.loopback_http, of_metadata=saml is not None):
        document.refuse("home_url", home_url, fault)
    elif origins and origin_of(home_url) not in origins:
        of = " or ".join(["redirect_uris'"] * (oidc is not None) + ["endpoints'"] * (saml is not None))
        document.refuse("home_url", home_url, f"must be at one of the {of} origins: {', '.join(origins)}")
    return home_url


def _origins(oidc: OidcClient | None, saml: SamlServiceProvider | None) -> list[str]:
    """Of the addresses where people are sent back to: the application's own, whatever it speaks."""
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
    """Two factors unless said otherwise; and someone must be able to log in at all."""
    lowest = document.choice("lowest_assurance", AssuranceLevel, AssuranceLevel.TWO_FACTORS)
    said = document.values.get("lowest_assurance")
    if not capabilities.reaches(lowest) and (said is None or said == lowest):
        enabled = ", ".join(f"{method} (reaches {reached})" for method, reached in capabilities.methods.items())
        reachable = max(capabilities.methods.values(), default=None)
        document.refuse(
            "lowest_assurance",
            said,
            f"no enabled login method reaches {lowest}{'' if said else ', the default'}: "
            f"enabled is {enabled or 'nothing'}; enable a method that reaches it"
            f"{f', or declare {reachable}' if reachable else ''}",
        )
    return lowest
