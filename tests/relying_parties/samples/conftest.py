"""A small identity provider, for the sample applications by OpenID Connect."""

from collections.abc import Iterator

import pytest

from tests.relying_parties.samples.small_provider import SmallProvider, a_small_provider


@pytest.fixture(scope="module")
def running_provider() -> Iterator[SmallProvider]:
    with a_small_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: SmallProvider) -> SmallProvider:
    running_provider.instead = {}
    return running_provider
