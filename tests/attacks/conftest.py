from tests.fixtures.accounts import jeanne, parts
from tests.fixtures.metadata import office, publisher

__all__ = ["jeanne", "office", "parts", "publisher"]
