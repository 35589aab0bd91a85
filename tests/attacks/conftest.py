from tests.fixtures_accounts import jeanne, parts
from tests.fixtures_metadata import office, publisher

__all__ = ["jeanne", "office", "parts", "publisher"]
