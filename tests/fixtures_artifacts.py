"""Service providers that are answered by artifact."""

from typing import Any

import pytest
from werkzeug.test import Client

from relying_parties.sp_metadata.service_provider import Binding, Endpoint
from tests.actors.artifacts import ArtifactProvider
from tests.actors.identity_provider import IdentityProvider
from tests.builders_saml import CONSUMER, key_pair
from tests.fixtures_saml import registers

BY_ARTIFACT = "https://messagerie.example/saml/acs/artifact"


def registers_by_artifact(idp: IdentityProvider, **changed: Any) -> ArtifactProvider:
    """The messaging service, which may be answered by artifact too; its default consumer is by HTTP-POST."""
    endpoints = (
        Endpoint(binding=Binding.POST, location=CONSUMER, index=0, is_default=True),
        Endpoint(binding=Binding.ARTIFACT, location=BY_ARTIFACT, index=1),
    )
    sp = registers(idp, **({"assertion_consumer_services": endpoints} | changed))
    return ArtifactProvider(sp=sp, consumer=BY_ARTIFACT, idp=Client(idp.app.wsgi_app))


def registers_agenda(idp: IdentityProvider) -> ArtifactProvider:
    """Another service provider, with keys of its own."""
    provider = registers_by_artifact(
        idp,
        name="agenda",
        identifier="agenda",
        home_url="https://agenda.example/",
        entity_id="https://agenda.example/saml/metadata",
        signing_certificates=(key_pair("agenda").certificate,),
        assertion_consumer_services=(
            Endpoint(binding=Binding.ARTIFACT, location="https://agenda.example/saml/acs", index=0),
        ),
    )
    provider.sp.keys = key_pair("agenda")
    provider.consumer = "https://agenda.example/saml/acs"
    return provider


@pytest.fixture
def by_artifact(idp: IdentityProvider) -> ArtifactProvider:
    return registers_by_artifact(idp)


@pytest.fixture
def agenda(idp: IdentityProvider) -> ArtifactProvider:
    return registers_agenda(idp)
