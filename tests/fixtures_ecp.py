"""Service providers whose people use an enhanced client."""

from typing import Any

import pytest
from werkzeug.test import Client

from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.enhanced_client import EnhancedClient
from tests.actors.identity_provider import IdentityProvider
from tests.builders_saml import CONSUMER
from tests.fixtures_saml import registers

BY_PAOS = "https://messagerie.example/saml/acs/paos"


def registers_ecp(idp: IdentityProvider, **changed: Any) -> EnhancedClient:
    """The messaging service, which has declared that programs may log people in to it."""
    endpoints = (
        Endpoint(binding=Binding.POST, location=CONSUMER, index=0, is_default=True),
        Endpoint(binding=Binding.PAOS, location=BY_PAOS, index=1),
    )
    sp = registers(idp, **({"ecp": True, "assertion_consumer_services": endpoints} | changed))
    return EnhancedClient(sp=sp, consumer=BY_PAOS, idp=Client(idp.app.wsgi_app))


@pytest.fixture
def client(idp: IdentityProvider) -> EnhancedClient:
    return registers_ecp(idp)
