"""The version of the bridge, as its answers and assertions have it."""

from typing import Final

VERSION: Final = "0.1.0"
