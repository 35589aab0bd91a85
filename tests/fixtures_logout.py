"""Service providers that take part in single logout, each by the bindings a test gives it."""

from typing import Any

from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.identity_provider import IdentityProvider
from tests.actors.saml_logout import LeavingProvider
from tests.builders_saml import key_pair
from tests.fixtures_saml import registers

AT = "https://{name}.example/saml/slo"


def registers_leaving(
    idp: IdentityProvider, name: str = "messagerie", *, by: Binding = Binding.REDIRECT, at: str = "", **changed: Any
) -> LeavingProvider:
    """Register a service provider called `name` whose single logout service has this binding."""
    at = at or AT.format(name=name)
    sp = registers(
        idp,
        **(
            {
                "name": name,
                "identifier": name,
                "home_url": f"https://{name}.example/",
                "entity_id": f"https://{name}.example/saml/metadata",
                "assertion_consumer_services": (
                    Endpoint(binding=Binding.POST, location=f"https://{name}.example/saml/acs", index=0),
                ),
                "signing_certificates": (key_pair(name).certificate,),
                "single_logout_services": (Endpoint(binding=by, location=at),),
            }
            | changed
        ),
    )
    sp.keys = key_pair(name)
    return LeavingProvider(sp=sp, at=at)
