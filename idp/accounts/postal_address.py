"""The postal address of an account as a whole: its lines, its claim in OpenID Connect, its value in SAML."""

from config.reference.countries import FRANCE, countries
from config.reference.departments import DEPARTMENTS
from idp.accounts.contact_attributes import ContactAttributes


def address_lines(contact: ContactAttributes, language: str) -> list[str]:
    """The address as on an envelope, without the name. France is not said."""
    country = None if contact.country in (None, FRANCE) else countries(language).get(contact.country, contact.country)
    town = " ".join(filter(None, (contact.postcode, contact.town, contact.cedex)))
    return [line for line in (contact.street, contact.po_box, town, country) if line]


def address_claim(contact: ContactAttributes, language: str) -> dict[str, str] | None:
    """The `address` claim: OpenID Connect Core 1.0, section 5.1.1. None for an account without an address."""
    lines = address_lines(contact, language)
    if not lines:
        return None
    members = {
        "formatted": "\n".join(lines),
        "street_address": "\n".join(filter(None, (contact.street, contact.po_box))),
        "postal_code": contact.postcode,
        "locality": " ".join(filter(None, (contact.town, contact.cedex))),
        "region": DEPARTMENTS.get(contact.department or "", contact.department),
        "country": countries(language).get(contact.country or "", contact.country),
    }
    return {name: value for name, value in members.items() if value}


def postal_address(claim: dict[str, str]) -> str:
    """The same for the LDAP attribute postalAddress: RFC 4517, section 3.3.28."""
    escaped = claim["formatted"].replace("\\", "\\5C").replace("$", "\\24")
    return escaped.replace("\n", "$")
