from tests.fixtures_idp import clock

__all__ = ["clock"]
