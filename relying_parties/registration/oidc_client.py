"""The part of a registration for OpenID Connect, and its rules."""

from collections.abc import Iterable
from dataclasses import dataclass

from relying_parties.addresses import (
    CODE_PARAMETERS,
    INITIATION_PARAMETERS,
    LOGOUT_PARAMETERS,
    MOST_ADDRESSES,
    address_fault,
    called_address_fault,
    host_of,
    is_host,
    is_parent_domain,
    origin_of,
)
from relying_parties.field_reader import Document
from relying_parties.policy import Capabilities, ClientAuthentication, IdTokenAlgorithm, SubjectType


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """The registration of an OpenID Connect client.

    `sector` is empty for public subjects. `initiate_login_uri` is empty when no other site may begin a login of the
    client. `backchannel_logout_uri` is empty when the client receives no logout tokens. `origins` lists the origins of
    a public client's pages; when it is empty, they are those of `redirect_uris`.
    """

    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...]
    client_authentication: ClientAuthentication
    require_pkce: bool
    subject_type: SubjectType
    sector: str
    id_token_signing_alg: IdTokenAlgorithm
    initiate_login_uri: str = ""
    backchannel_logout_uri: str = ""
    origins: tuple[str, ...] = ()

    @property
    def browser_origins(self) -> tuple[str, ...]:
        """The origins whose pages may read our answers; none for a client with a secret."""
        return browser_origins(self.client_authentication, self.redirect_uris, self.origins)


def browser_origins(
    authentication: ClientAuthentication, redirect_uris: Iterable[str], origins: Iterable[str]
) -> tuple[str, ...]:
    """The origins of a public client's pages: `origins`, or those of `redirect_uris`. Empty for other clients."""
    if authentication.has_secret:
        return ()
    return tuple(origins) or tuple(dict.fromkeys(map(origin_of, redirect_uris)))


def oidc_terms_of(document: Document, capabilities: Capabilities) -> OidcClient:
    """The OpenID Connect part of `document`; problems are added to `document.problems`."""
    redirect_uris = _addresses(document, "redirect_uris", capabilities, CODE_PARAMETERS)
    if not document.values.get("redirect_uris"):
        document.missing("redirect_uris", 'a list such as ["https://dcc.example/callback"]')
    post_logout = _addresses(document, "post_logout_redirect_uris", capabilities, LOGOUT_PARAMETERS)
    authentication = document.choice("client_authentication", ClientAuthentication, ClientAuthentication.SECRET)
    subject_type = document.choice("subject_type", SubjectType, SubjectType.PUBLIC)
    return OidcClient(
        redirect_uris=redirect_uris,
        post_logout_redirect_uris=post_logout,
        client_authentication=authentication,
        require_pkce=_require_pkce(document, authentication),
        subject_type=subject_type,
        sector=_sector(document, subject_type, redirect_uris),
        id_token_signing_alg=document.choice("id_token_signing_alg", IdTokenAlgorithm, IdTokenAlgorithm.RS256),
        initiate_login_uri=_initiate_login_uri(document, capabilities, redirect_uris),
        backchannel_logout_uri=_backchannel_logout_uri(document, capabilities),
        origins=_origins(document, capabilities, authentication),
    )


def _addresses(document: Document, name: str, capabilities: Capabilities, reserved: frozenset[str]) -> tuple[str, ...]:
    """The valid addresses only, so that a bad one causes no second problem where values are derived from it."""
    good = []
    for address in document.texts(name, most=MOST_ADDRESSES):
        if fault := address_fault(address, loopback_http=capabilities.loopback_http, reserved=reserved):
            document.refuse(name, address, fault)
        else:
            good.append(address)
    return tuple(good)


def _initiate_login_uri(document: Document, capabilities: Capabilities, redirect_uris: tuple[str, ...]) -> str:
    """OpenID Connect Core 1.0, section 4. Our pages link to it, so it must be at an origin of the client."""
    address = document.text("initiate_login_uri")
    if address is None:
        return ""
    fault = address_fault(address, loopback_http=capabilities.loopback_http, reserved=INITIATION_PARAMETERS)
    origins = tuple(dict.fromkeys(map(origin_of, redirect_uris)))
    if fault is None and origins and origin_of(address) not in origins:
        fault = f"must be at one of the redirect_uris' origins: {', '.join(origins)}"
    if fault:
        document.refuse("initiate_login_uri", address, fault)
    return address


def _backchannel_logout_uri(document: Document, capabilities: Capabilities) -> str:
    """OpenID Connect Back-Channel Logout 1.0, section 2.2."""
    address = document.text("backchannel_logout_uri")
    if address is not None and (fault := called_address_fault(address, loopback_http=capabilities.loopback_http)):
        document.refuse("backchannel_logout_uri", address, fault)
    return address or ""


def _origins(document: Document, capabilities: Capabilities, authentication: ClientAuthentication) -> tuple[str, ...]:
    """RFC 6454: the origins of the pages of an application that runs in a browser."""
    good = []
    for origin in document.texts("origins", most=MOST_ADDRESSES):
        fault = address_fault(origin, loopback_http=capabilities.loopback_http)
        if fault is None and origin_of(origin) != origin:
            fault = f"must be an origin only: {origin_of(origin)}"
        if fault is None and authentication.has_secret:
            fault = 'take it out: a page cannot keep a secret; declare client_authentication = "none" for one'
        if fault:
            document.refuse("origins", origin, fault)
        else:
            good.append(origin)
    return tuple(good)


def _require_pkce(document: Document, authentication: ClientAuthentication) -> bool:
    """RFC 9700 section 2.1.1: MUST for public clients, RECOMMENDED for the others."""
    require_pkce = document.boolean("require_pkce", default=True)
    if not require_pkce and not authentication.has_secret:
        document.refuse("require_pkce", require_pkce, "must be true for an application without a secret")
    return require_pkce


def _sector(document: Document, subject_type: SubjectType, redirect_uris: tuple[str, ...]) -> str:
    """OpenID Connect Core 1.0, section 8.1.

    The sector must belong to the application: with the sector of another, both
    would receive the same subjects and could correlate people.
    """
    sector = document.text("sector")
    hosts = list(dict.fromkeys(map(host_of, redirect_uris)))
    if subject_type is SubjectType.PUBLIC:
        if sector is not None:
            document.refuse("sector", sector, "take it out: it applies to pairwise subjects only")
        return ""
    if sector is None:
        if len(hosts) > 1:
            document.refuse("sector", None, f"must be given: pairwise subjects need one host for {', '.join(hosts)}")
        return hosts[0] if hosts else ""
    if not is_host(sector):
        document.refuse("sector", sector, 'must be a host name, such as "dcc.example"')
    elif not all(is_parent_domain(sector, host) for host in hosts):
        document.refuse(
            "sector", sector, f"must be the host, or a parent domain, of all redirect_uris: {', '.join(hosts)}"
        )
    return sector
