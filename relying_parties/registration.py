"""A registration: what an application is allowed, in its one typed form, and the rules it obeys.

It is read from a declared file (`declared.py`) or from client metadata
(`client_metadata.py`), which only say where each field stands: the rules are
here, once. A `Registration` that exists has passed them all.
"""

import re
from dataclasses import dataclass

from relying_parties.addresses import (
    CODE_PARAMETERS,
    LOGOUT_PARAMETERS,
    MOST_ADDRESSES,
    address_fault,
    covers,
    host_of,
    is_host,
    origin_of,
)
from relying_parties.document import Document
from relying_parties.logos import Logo
from relying_parties.policy import Assurance, ClientAuthentication, Entry, IdTokenAlgorithm, Offering, SubjectType
from relying_parties.problems import RegistrationProblems, among

_LONGEST_NAME = 40
_LONGEST_DISPLAY_NAME = 120
_LONGEST_TOWARDS = 40
_MOST_ATTRIBUTES = 64

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CLIENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,63}")


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

    `towards` is the short name with its preposition, for the words of a button
    ("Se connecter au DCC"); empty where none was given. `sector` is empty for
    public subjects: one sector for all of them.
    """

    name: str
    display_name: DisplayName
    towards: DisplayName
    home_url: str
    attributes: frozenset[str]
    lowest_assurance: Assurance
    entry: Entry
    confirm_identity: bool
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    client_authentication: ClientAuthentication
    require_pkce: bool
    subject_type: SubjectType
    sector: str
    id_token_signing_alg: IdTokenAlgorithm


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration(Terms):
    """What someone asks us to register. Without a `client_id`, one is made."""

    client_id: str | None
    logo: Logo | None


def registration_of(document: Document, offering: Offering, *, logo: Logo | None) -> Registration:
    """The registration that `document` describes.

    Raises:
        RegistrationProblems: everything that is wrong with it, at once.
    """
    name, client_id = _name(document), _client_id(document)
    french, english = _display_name(document)
    redirect_uris = _addresses(document, "redirect_uris", offering, CODE_PARAMETERS)
    if not document.values.get("redirect_uris"):
        document.missing("redirect_uris", 'a list such as ["https://dcc.example/callback"]')
    post_logout = _addresses(document, "post_logout_redirect_uris", offering, LOGOUT_PARAMETERS)
    authentication = document.word("client_authentication", ClientAuthentication, ClientAuthentication.BASIC)
    subject_type = document.word("subject_type", SubjectType, SubjectType.PUBLIC)
    registration = Registration(
        name=name,
        client_id=client_id,
        display_name=DisplayName(french, english),
        towards=DisplayName(*(document.text(f"towards.{tag}", longest=_LONGEST_TOWARDS) or "" for tag in ("fr", "en"))),
        logo=logo,
        home_url=_home_url(document, offering, redirect_uris),
        attributes=_attributes(document, offering),
        lowest_assurance=_lowest_assurance(document, offering),
        entry=document.word("entry", Entry, Entry.ENTITLED),
        confirm_identity=document.truth("confirm_identity", default=False),
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=post_logout,
        client_authentication=authentication,
        require_pkce=_require_pkce(document, authentication),
        subject_type=subject_type,
        sector=_sector(document, subject_type, redirect_uris),
        id_token_signing_alg=document.word("id_token_signing_alg", IdTokenAlgorithm, IdTokenAlgorithm.RS256),
    )
    if document.problems:
        raise RegistrationProblems(document.problems)
    return registration


def is_name(text: str) -> bool:
    """Whether an application could have this name."""
    return len(text) <= _LONGEST_NAME and _NAME.fullmatch(text) is not None


def is_client_id(text: str) -> bool:
    """Whether an application could have this client_id."""
    return _CLIENT_ID.fullmatch(text) is not None


def _name(document: Document) -> str:
    name = document.text("name", longest=_LONGEST_NAME)
    if "name" not in document.values:
        document.missing("name", 'a short word, such as "dcc"')
    elif name is not None and not is_name(name):
        document.refuse("name", name, "must be made of a-z, 0-9 and single hyphens, and start with a letter")
    return name or ""


def _client_id(document: Document) -> str | None:
    """RFC 6749 appendix A.1, less what HTTP Basic, addresses and pages would have to escape."""
    client_id = document.text("client_id")
    if client_id is not None and not is_client_id(client_id):
        document.refuse("client_id", client_id, "must be at most 64 of A-Z a-z 0-9 . _ ~ -, or left out: we make one")
    return client_id


def _display_name(document: Document) -> tuple[str, str]:
    french = document.text("display_name.fr", longest=_LONGEST_DISPLAY_NAME)
    english = document.text("display_name.en", longest=_LONGEST_DISPLAY_NAME)
    if "display_name.fr" not in document.values:
        document.missing("display_name.fr", "the name people read")
    return french or "", english or french or ""


def _addresses(document: Document, name: str, offering: Offering, reserved: frozenset[str]) -> tuple[str, ...]:
    """Only the good ones: what is derived from them must not complain a second time."""
    good = []
    for address in document.texts(name, most=MOST_ADDRESSES):
        if fault := address_fault(address, loopback_http=offering.loopback_http, reserved=reserved):
            document.refuse(name, address, fault)
        else:
            good.append(address)
    return tuple(good)


def _home_url(document: Document, offering: Offering, redirect_uris: tuple[str, ...]) -> str:
    """Where "start again" leads; we send people there on our own word, so it must be the application's own."""
    home_url = document.text("home_url")
    origins = list(dict.fromkeys(map(origin_of, redirect_uris)))
    if home_url is None:
        if "home_url" not in document.values:
            document.missing(
                "home_url", f'the page people start from, such as "{[*origins, "https://dcc.example"][0]}/"'
            )
        return ""
    if fault := address_fault(home_url, loopback_http=offering.loopback_http):
        document.refuse("home_url", home_url, fault)
    elif origins and origin_of(home_url) not in origins:
        document.refuse("home_url", home_url, f"must be at one of the redirect_uris' origins: {', '.join(origins)}")
    return home_url


def _attributes(document: Document, offering: Offering) -> frozenset[str]:
    attributes = document.texts("attributes", most=_MOST_ATTRIBUTES)
    for attribute in attributes:
        if attribute not in offering.attributes:
            document.refuse("attributes", attribute, among(attribute, sorted(offering.attributes)))
    return frozenset(attributes)


def _lowest_assurance(document: Document, offering: Offering) -> Assurance:
    """Two factors unless said otherwise; and someone must be able to log in at all."""
    lowest = document.word("lowest_assurance", Assurance, Assurance.TWO_FACTORS)
    said = document.values.get("lowest_assurance")
    if not offering.reaches(lowest) and (said is None or said == lowest):
        enabled = ", ".join(f"{method} (reaches {reached})" for method, reached in offering.methods.items())
        reachable = max(offering.methods.values(), default=None)
        document.refuse(
            "lowest_assurance",
            said,
            f"no enabled login method reaches {lowest}{'' if said else ', the default'}: "
            f"enabled is {enabled or 'nothing'}; enable a method that reaches it"
            f"{f', or declare {reachable}' if reachable else ''}",
        )
    return lowest


def _require_pkce(document: Document, authentication: ClientAuthentication) -> bool:
    """RFC 9700 section 2.1.1: MUST for public clients, RECOMMENDED for the others."""
    require_pkce = document.truth("require_pkce", default=True)
    if not require_pkce and not authentication.has_secret:
        document.refuse("require_pkce", require_pkce, "must be true for an application without a secret")
    return require_pkce


def _sector(document: Document, subject_type: SubjectType, redirect_uris: tuple[str, ...]) -> str:
    """OpenID Connect Core 1.0, section 8.1.

    A sector that is not the application's own would give it the subjects of
    another, by which both could tell the same person.
    """
    sector = document.text("sector")
    hosts = list(dict.fromkeys(map(host_of, redirect_uris)))
    if subject_type is SubjectType.PUBLIC:
        if sector is not None:
            document.refuse("sector", sector, "take it out: it only has a meaning with pairwise subjects")
        return ""
    if sector is None:
        if len(hosts) > 1:
            document.refuse("sector", None, f"must be given: pairwise subjects need one host for {', '.join(hosts)}")
        return hosts[0] if hosts else ""
    if not is_host(sector):
        document.refuse("sector", sector, 'must be a host name, such as "dcc.example"')
    elif not all(covers(sector, host) for host in hosts):
        document.refuse(
            "sector", sector, f"must be the host, or a parent domain, of all redirect_uris: {', '.join(hosts)}"
        )
    return sector
