"""The sample messaging service beside a small identity provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from relying_parties.samples.app import create_app
from tests.relying_parties.samples.saml.messaging import a_service
from tests.relying_parties.samples.small_saml_provider import SmallSamlProvider, Telling, a_small_saml_provider


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the keys, each made once."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def running_provider(keys: Path) -> Iterator[SmallSamlProvider]:
    with a_small_saml_provider(keys) as provider:
        yield provider


@pytest.fixture
def provider(running_provider: SmallSamlProvider) -> SmallSamlProvider:
    running_provider.telling = Telling()
    running_provider.publishes = ["one"]
    running_provider.metadata_signed_by = "one"
    running_provider.metadata = None
    return running_provider


@pytest.fixture
def browser(provider: SmallSamlProvider) -> FlaskClient:
    return create_app(a_service(provider)).test_client()
