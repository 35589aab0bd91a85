from tests.fixtures.idp import clock

__all__ = ["clock"]
