"""Checks of the settings of the identity provider. Each returns what is wrong with the value, or None.

The checks that every service needs are in `config/settings_checks.py`.
"""

import re
from typing import Final

from card_bridge.vocabulary import CardType
from config.settings_checks import split_address

FLOOR: Final = ((47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5))
"""Pairs of KiB of memory and passes, of equal strength, from OWASP's Password Storage Cheat Sheet, Argon2id.

A password hash must cost at least as much as one of them."""


def entity_id(value: str) -> str | None:
    """SAML V2.0 Core, section 8.3.6: a URI of no more than 1,024 characters."""
    if not value:
        return None
    parts = split_address(value)
    if parts is None or not parts.scheme or len(value) > 1_024 or not value.isascii() or not value.isprintable():
        return "must be an absolute URI of at most 1024 characters, such as https://id.example/saml/metadata"
    return "must not contain a space" if " " in value else None


def scope(value: str) -> str | None:
    """SAML V2.0 Subject Identifier Attributes Profile 1.0, section 3.3.1.1: the form of the text after the `@`."""
    if value and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]{0,126}", value):
        return "must be a domain, such as id.example"
    return None


def card_types(values: tuple[str, ...]) -> str | None:
    """TRE_G02."""
    names = [each.name for each in CardType]
    if not values or not set(values) <= set(names):
        return f"must be some of {', '.join(names)}"
    return None


def object_identifiers(values: tuple[str, ...]) -> str | None:
    """X.660: numbers and dots."""
    if not all(re.fullmatch(r"[0-2](\.(0|[1-9][0-9]{0,18})){1,30}", value) for value in values):
        return "must be object identifiers, such as 1.2.250.1.213.1.7.2.1.1.1.1"
    return None


def http_addresses(values: tuple[str, ...]) -> str | None:
    """Addresses of signed documents: plain http is accepted."""
    return next((fault for value in values if (fault := http_address(value) or ("" if value else "is empty"))), None)


def http_address(value: str) -> str | None:
    """An absolute http or https address without user information or fragment, at most 500 characters; or nothing."""
    if not value:
        return None
    parts = split_address(value)
    has_host = parts is not None and parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not has_host or len(value) > 500 or "#" in value or not value.isascii() or not value.isprintable():
        return "must be an http or https address, such as http://igc-sante.esante.gouv.fr/CRL/ACI-FO-PP.crl"
    return "must not contain a space" if " " in value else None


def tls_domain(value: str) -> str | None:
    """A DNS name in lower case, without a final dot, and perhaps a port; or nothing."""
    name, colon, port = value.partition(":")
    is_name = re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*", name)
    if value and (not is_name or len(name) > 200 or (colon and not re.fullmatch(r"[1-9][0-9]{0,4}", port))):
        return "must be a domain in lower case, such as cps.id.example"
    return None


def is_below_floor(*, memory: int, iterations: int) -> bool:
    """Whether these settings make a stolen hash cheaper to guess than OWASP allows."""
    return not any(memory >= least and iterations >= passes for least, passes in FLOOR)


def floor_in_words() -> str:
    return " or ".join(f"{memory} with {iterations}" for memory, iterations in FLOOR)
