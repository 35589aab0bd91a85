"""Reads and writes registration files, in TOML.

name = "dcc"
home_url = "https://dcc.example/"
logo = "dcc.svg"                        # in the folder of this file
attributes = ["given_name", "family_name"]
lowest_assurance = "two-factors"

[display_name]
fr = "Dossier communicant de cancérologie"

[oidc]
redirect_uris = ["https://dcc.example/callback"]

and for SAML, instead or as well:

[saml]
metadata_file = "messagerie.xml"        # in the folder of this file; or metadata_url, or metadata_source
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from config.logos import LARGEST_LOGO, Logo, LogoType, logo_fault
from config.strict_parsing import parse_toml
from relying_parties.field_reader import Document, read_bounded
from relying_parties.policy import Capabilities
from relying_parties.problems import among, shown_name
from relying_parties.registration import saml_rules, toml_metadata
from relying_parties.registration.enrollment_terms import enrollment_as_table
from relying_parties.registration.fields import names_in
from relying_parties.registration.oidc_client import OidcClient
from relying_parties.registration.registration import Registration, Terms, registration_of
from relying_parties.registration.saml_sp import SamlServiceProvider
from relying_parties.registration.sibling_files import read_sibling
from relying_parties.registration.verified_metadata import MetadataFetcher

_ENROLLMENT = "enrollment"
_TABLES = {table: names_in(table) for table in ("", "display_name", "login_button", _ENROLLMENT, "oidc", "saml")}
_BY_LANGUAGE = ("display_name", "login_button")
_LOGO_TYPES = {"svg": LogoType.SVG, "png": LogoType.PNG}


def read_toml(
    text: str | bytes, capabilities: Capabilities, *, folder: Path | None = None, fetcher: MetadataFetcher | None = None
) -> Registration:
    """The registration in the text of a file; `folder` is the folder of the file, its logo and its metadata.

    Raises:
        RegistrationProblems: with every problem.
    """
    received = read_bounded(text, parse_toml, language="TOML")
    document = _document(received)
    logo = _logo(document, folder)
    if "saml" not in received:
        return registration_of(document, capabilities, logo=logo)
    found = toml_metadata.read_metadata(document, capabilities, folder=folder, fetcher=fetcher)
    if found is None:
        return registration_of(document, capabilities, logo=logo)
    service_provider, origin, xml = found
    saml = saml_rules.saml_terms_of(document, capabilities, service_provider, origin)
    return replace(registration_of(document, capabilities, logo=logo, saml=saml), metadata_xml=xml)


def _document(received: dict[str, object]) -> Document:
    values: dict[str, object] = {}
    places = {f"{table}.{tag}": f"{table}.{tag}" for table in _BY_LANGUAGE for tag in _TABLES[table]}
    places |= {name: f"{table}.{name}" for table in ("oidc", "saml") for name in _TABLES[table]}
    if _names_client_id(received):
        places["identifier"] = "oidc.client_id"
    document = Document(values=values, places=places, uses_oidc="oidc" in received or "saml" not in received)
    for table, names in _TABLES.items():
        inside = received.get(table, {}) if table else received
        if table == _ENROLLMENT:
            values |= {table: inside} if table in received else {}  # `read_enrollment` reads its fields
            continue
        if not isinstance(inside, dict):
            document.refuse(table, inside, f"must be a table: [{table}]")
            continue
        known = [*names, *filter(None, _TABLES)] if not table else names
        for name, value in inside.items():
            place = f"{table}.{name}" if table else name
            if name not in known:
                document.refuse(shown_name(place), value, f"no such field; {among(name, known)}")
            elif not table and name in _TABLES:
                continue  # a table, read in its turn
            else:
                values[_field(table, name)] = value
    if _names_client_id(received) and "identifier" in received:
        document.refuse("identifier", received["identifier"], "take it out: oidc.client_id is the identifier")
    return document


def _names_client_id(received: dict[str, object]) -> bool:
    oidc = received.get("oidc")
    return isinstance(oidc, dict) and "client_id" in oidc


def _field(table: str, name: str) -> str:
    """Our name of a field. `client_id` is what OpenID Connect calls the identifier."""
    if table == "oidc":
        return "identifier" if name == "client_id" else name
    return f"{table}.{name}" if table in _BY_LANGUAGE else name


def _logo(document: Document, folder: Path | None) -> Logo | None:
    name = document.text("logo", longest=100)
    if name is None:
        return None
    content = read_sibling(document, "logo", name, folder, types=tuple(_LOGO_TYPES), at_most=LARGEST_LOGO)
    if content is None:
        return None
    media_type = _LOGO_TYPES[name.rpartition(".")[2]]
    if fault := logo_fault(media_type, content):
        document.refuse("logo", name, fault)
        return None
    return Logo(media_type=media_type, content=content)


def as_toml(terms: Terms, *, identifier: str | None = None, logo_file: str | None = None) -> str:
    """These terms as a registration file; `read_toml` reads the same terms from it."""
    top = {
        "name": terms.name,
        "identifier": identifier if terms.oidc is None else None,
        "home_url": terms.home_url,
        "logo": logo_file,
        "attributes": sorted(terms.attributes),
        "lowest_assurance": terms.lowest_assurance,
        "entry": terms.entry,
        "confirm_identity": terms.confirm_identity,
        "card_revocation_grace_hours": terms.card_revocation_grace_hours,
        "card_removal": terms.card_removal,
    }
    names = {"fr": terms.display_name.fr, "en": terms.display_name.en}
    login_button = {"fr": terms.login_button.fr or None, "en": terms.login_button.en or None}
    tables: dict[str, Mapping[str, object]] = {"display_name": names, "login_button": login_button}
    if terms.enrollment is not None:
        tables[_ENROLLMENT] = enrollment_as_table(terms.enrollment)
    if terms.oidc is not None:
        tables["oidc"] = {"client_id": identifier} | _oidc_table(terms.oidc)
    if terms.saml is not None:
        tables["saml"] = _saml_table(terms.name, terms.saml)
    lines = _lines(top)
    for table, values in tables.items():
        if written := _lines(values):
            lines += ["", f"[{table}]", *written]
    return "\n".join([*lines, ""])


def _oidc_table(terms: OidcClient) -> dict[str, object]:
    return {
        "redirect_uris": terms.redirect_uris,
        "post_logout_redirect_uris": terms.post_logout_redirect_uris,
        "client_authentication": terms.client_authentication,
        "require_pkce": terms.require_pkce,
        "subject_type": terms.subject_type,
        "sector": terms.sector or None,
        "id_token_signing_alg": terms.id_token_signing_alg,
        "initiate_login_uri": terms.initiate_login_uri or None,
        "backchannel_logout_uri": terms.backchannel_logout_uri or None,
        "origins": terms.origins or None,
    }


def _saml_table(name: str, terms: SamlServiceProvider) -> dict[str, object]:
    where = toml_metadata.origin_as_fields(terms.metadata, terms.entity_id, certificate_file=f"{name}.pem")
    return {**where} | {field: getattr(terms, field) for field in saml_rules.FIELDS}


def _lines(table: Mapping[str, object]) -> list[str]:
    return [f"{name} = {_written(value)}" for name, value in table.items() if value is not None]


def _written(value: object) -> str:
    """`value` in TOML. Registered texts have no control characters, so a basic string escapes two characters only."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case str():
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
        case dict():
            return f"{{ {', '.join(_lines(value))} }}"
    raise TypeError(f"a registration file has no {type(value).__name__}")
