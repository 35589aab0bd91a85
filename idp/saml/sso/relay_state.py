"""The target of a login that starts at the identity provider: SAML V2.0 Profiles, section 4.1.5.

The target becomes RelayState, and service providers redirect to it. Anyone can write a link
to `/saml/start/<identifier>?target=...`, so a target outside the application is refused.
"""

from collections.abc import Sequence

from config.web.addresses import local_path, web_address
from idp.saml.bindings.messages import LONGEST_RELAY_STATE
from idp.saml.errors import SamlFault
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.addresses import origin_of
from relying_parties.registry.application import Application


def read_target(targets: Sequence[str], application: Application) -> str | None:
    """The target: a path, or a URL at an origin of the application; None if there is none.

    Raises:
        UntrustedRequest: the target is neither, or there are several.
    """
    if len(targets) > 1:
        raise UntrustedRequest(SamlFault.PARAMETER_REPEATED, received="target", home_url=application.home_url)
    target = targets[0] if targets else ""
    if not target:
        return None
    if len(target.encode("utf-8", "replace")) <= LONGEST_RELAY_STATE and target.isascii():
        provider = application.saml_sp.service_provider
        allowed_origins = {origin_of(endpoint.location) for endpoint in provider.assertion_consumer_services}
        if local_path(target) or (web_address(target) and _origin(target) in allowed_origins):
            return target
    raise UntrustedRequest(SamlFault.TARGET_REFUSED, received=target[:500], home_url=application.home_url)


def _origin(address: str) -> str | None:
    """The origin of a URL; None if its port is invalid or it has user information."""
    try:
        return None if "@" in address.split("?")[0] else origin_of(address)
    except ValueError:
        return None
