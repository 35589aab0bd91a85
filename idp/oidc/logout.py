"""RP-initiated logout: an application sends the person here to end the session.

OpenID Connect RP-Initiated Logout 1.0. A valid hint for the session of this browser ends it at once; without one, the
person confirms first. The browser goes back only to an address that is registered for the application that the hint
or `client_id` names.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from idp.keys.key_ring import KeyRing
from idp.logout.logout_request import LogoutRequest
from idp.oidc.errors import Fault
from idp.oidc.form_parameters import parse_parameters
from idp.oidc.id_token import read_hint
from idp.oidc.vocabulary import PROTOCOL
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry

LONGEST_QUERY = 8_192
MOST_PARAMETERS = 50


def read(query: str, *, issuer: str, registry: Registry, ring: Callable[[], KeyRing]) -> LogoutRequest:
    """The logout request of a query. Malformed and unregistered values are left out; the person then confirms."""
    parameters = _parameters(query)
    hint = None
    if "id_token_hint" in parameters:
        hint = read_hint(parameters["id_token_hint"], issuer=issuer, ring=ring())
    client_id = parameters.get("client_id")
    if hint is not None and client_id is not None and client_id != hint.client_id:
        hint, client_id = None, None  # section 2: a mismatch is an error; the person confirms
    if hint is not None:
        client_id = hint.client_id
    application = registry.by_client_id(client_id) if client_id else None
    return LogoutRequest(
        message=query,
        protocol=PROTOCOL,
        application=application,
        sid=hint.sid if hint else None,
        return_url=(return_url := _return_url(parameters, application)),
        refused_return=_refused_return(parameters, application) if return_url is None else None,
        languages=tuple(parameters.get("ui_locales", "").split(" ")),
    )


def _parameters(query: str) -> dict[str, str]:
    """The parameters; none when one of them cannot be read, since `state` must be returned exactly as it was sent."""
    if len(query) > LONGEST_QUERY:
        return {}
    try:
        return parse_parameters(query, most=MOST_PARAMETERS)
    except ValueError:
        return {}


def _return_url(parameters: dict[str, str], application: Application | None) -> str | None:
    """Section 3: exactly an address that is registered for this application, with `state` returned."""
    uri = parameters.get("post_logout_redirect_uri")
    if uri is None or application is None or uri not in application.oidc_client.post_logout_redirect_uris:
        return None
    state = parameters.get("state")
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}"


def _refused_return(parameters: dict[str, str], application: Application | None) -> UntrustedRequest | None:
    """Section 3: an unregistered address is not followed, and a page says so."""
    uri = parameters.get("post_logout_redirect_uri")
    if not uri:
        return None
    return UntrustedRequest(
        Fault.POST_LOGOUT_REDIRECT_URI_UNREGISTERED,
        received=uri,
        registered=application.oidc_client.post_logout_redirect_uris if application else (),
        home_url=application.home_url if application else "",
    )
