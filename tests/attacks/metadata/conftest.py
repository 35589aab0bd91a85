"""An application whose metadata are fetched from an address."""

import pytest

from tests.builders.metadata import MESSAGING, a_signed_entity
from tests.fixtures.metadata import by_url


@pytest.fixture
def messaging(sp_metadata, publisher):
    """The messaging service, registered by the address of its metadata."""
    return sp_metadata.registers(by_url(publisher.publishes(a_signed_entity())), MESSAGING)
