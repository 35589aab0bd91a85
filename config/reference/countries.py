"""Countries by their code of ISO 3166-1 (two letters), with the names of the Unicode CLDR, through Babel."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from babel import Locale

from config.reference.names import folded

FRANCE: Final = "FR"

_NOT_IN_ISO_3166: Final = frozenset(
    ["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"]
)
"""Further codes of the CLDR: exceptional reservations, groups of countries, user-assigned codes."""


@cache
def countries(language: str) -> Mapping[str, str]:
    """The name of each country by its code, in `language` (`fr` or `en`), sorted by name after France."""
    named = {
        code: name
        for code, name in Locale(language).territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NOT_IN_ISO_3166
    }
    in_order = sorted(named, key=lambda code: (code != FRANCE, folded(named[code])))
    return MappingProxyType({code: named[code] for code in in_order})
