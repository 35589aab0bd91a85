"""Declared registrations: the TOML file an operator keeps, read and written.

name = "dcc"
home_url = "https://dcc.example/"
logo = "dcc.svg"                        # beside this file
attributes = ["given_name", "family_name"]
lowest_assurance = "two-factors"

[display_name]
fr = "Dossier communicant de cancérologie"

[oidc]
redirect_uris = ["https://dcc.example/callback"]
"""

import os
import re
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path

from relying_parties.document import LARGEST_DOCUMENT, Document, read_bounded
from relying_parties.logos import LARGEST_LOGO, Logo, LogoType, logo_fault
from relying_parties.oidc_terms import OidcTerms
from relying_parties.policy import Offering
from relying_parties.problems import among
from relying_parties.registration import Registration, Terms, registration_of

_TABLES = {
    "": ("name", "identifier", "home_url", "logo", "attributes", "lowest_assurance", "entry", "confirm_identity"),
    "display_name": ("fr", "en"),
    "towards": ("fr", "en"),
    "oidc": (
        "client_id",
        "redirect_uris",
        "post_logout_redirect_uris",
        "client_authentication",
        "require_pkce",
        "subject_type",
        "sector",
        "id_token_signing_alg",
        "backchannel_logout_uri",
    ),
}
_LOGO_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(svg|png)")
_LOGO_TYPES = {"svg": LogoType.SVG, "png": LogoType.PNG}


def read_toml(text: str | bytes, offering: Offering, *, folder: Path | None = None) -> Registration:
    """The registration a declared file asks for; `folder` is where the file and its logo are.

    Raises:
        RegistrationProblems: everything that is wrong, at once.
    """
    document = _document(read_bounded(text, tomllib.loads, language="TOML"))
    return registration_of(document, offering, logo=_logo(document, folder))


def read_file(file: Path, offering: Offering) -> Registration:
    """The registration that the declared file `file` asks for.

    Raises:
        RegistrationProblems: everything that is wrong, at once.
        OSError: the file cannot be read.
    """
    with file.open("rb") as opened:
        return read_toml(opened.read(LARGEST_DOCUMENT + 1), offering, folder=file.parent)


def _document(received: dict[str, object]) -> Document:
    values: dict[str, object] = {}
    places = {f"{table}.{tag}": f"{table}.{tag}" for table in ("display_name", "towards") for tag in _TABLES[table]}
    places |= {name: f"oidc.{name}" for name in _TABLES["oidc"]} | (
        {"identifier": "oidc.client_id"} if _names_client_id(received) else {}
    )
    document = Document(values=values, places=places)
    for table, names in _TABLES.items():
        inside = received.get(table, {}) if table else received
        if not isinstance(inside, dict):
            document.refuse(table, inside, f"must be a table: [{table}]")
            continue
        known = [*names, *filter(None, _TABLES)] if not table else names
        for name, value in inside.items():
            place = f"{table}.{name}" if table else name
            if name not in known:
                document.refuse(_shown_name(place), value, f"no such field; {among(name, known)}")
            elif not table and name in _TABLES:
                continue  # a table of its own
            else:
                values[_field(table, name)] = value
    return document


def _names_client_id(received: dict[str, object]) -> bool:
    oidc = received.get("oidc")
    return isinstance(oidc, dict) and "client_id" in oidc


def _field(table: str, name: str) -> str:
    """Our name for it. OpenID Connect's client_id is the identifier, in the word of its own table."""
    if table == "oidc":
        return "identifier" if name == "client_id" else name
    return f"{table}.{name}" if table else name


def _shown_name(name: str) -> str:
    return name if len(name) <= 64 and re.fullmatch(r"[\w.-]+", name, re.ASCII) else ascii(name[:64])


def _logo(document: Document, folder: Path | None) -> Logo | None:
    """Read from beside the file and from nowhere else: a name without a folder, no link to follow."""
    name = document.text("logo", longest=100)
    if name is None:
        return None
    written = _LOGO_FILE.fullmatch(name)
    if written is None:
        document.refuse("logo", name, 'must be the name of a .svg or .png file beside this one, such as "dcc.svg"')
        return None
    if folder is None:
        document.refuse("logo", name, "take it out: there is no folder to read it from")
        return None
    try:
        content = _content(folder / name)
    except OSError as wrong:
        document.refuse("logo", name, f"cannot be read: {os.strerror(wrong.errno or 0)}")
        return None
    if content is None:
        document.refuse("logo", name, "must be a plain file")
        return None
    media_type = _LOGO_TYPES[written[1]]
    if fault := logo_fault(media_type, content):
        document.refuse("logo", name, fault)
        return None
    return Logo(media_type=media_type, content=content)


def _content(path: Path) -> bytes | None:
    """As much of a plain file as a logo may hold, and one byte to tell; None for a folder, a pipe, a device."""
    opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            return None
        with open(opened, "rb", closefd=False) as file:
            return file.read(LARGEST_LOGO + 1)
    finally:
        os.close(opened)


def as_toml(terms: Terms, *, identifier: str | None = None, logo_file: str | None = None) -> str:
    """The declared file that these terms equal: reading it gives them back."""
    top = {
        "name": terms.name,
        "identifier": identifier if terms.oidc is None else None,
        "home_url": terms.home_url,
        "logo": logo_file,
        "attributes": sorted(terms.attributes),
        "lowest_assurance": terms.lowest_assurance,
        "entry": terms.entry,
        "confirm_identity": terms.confirm_identity,
    }
    names = {"fr": terms.display_name.fr, "en": terms.display_name.en}
    towards = {"fr": terms.towards.fr or None, "en": terms.towards.en or None}
    tables: dict[str, Mapping[str, object]] = {"display_name": names, "towards": towards}
    if terms.oidc is not None:
        tables["oidc"] = {"client_id": identifier} | _oidc_table(terms.oidc)
    lines = _lines(top)
    for table, values in tables.items():
        if written := _lines(values):
            lines += ["", f"[{table}]", *written]
    return "\n".join([*lines, ""])


def _oidc_table(terms: OidcTerms) -> dict[str, object]:
    return {
        "redirect_uris": terms.redirect_uris,
        "post_logout_redirect_uris": terms.post_logout_redirect_uris,
        "client_authentication": terms.client_authentication,
        "require_pkce": terms.require_pkce,
        "subject_type": terms.subject_type,
        "sector": terms.sector or None,
        "id_token_signing_alg": terms.id_token_signing_alg,
        "backchannel_logout_uri": terms.backchannel_logout_uri or None,
    }


def _lines(table: Mapping[str, object]) -> list[str]:
    return [f"{name} = {_written(value)}" for name, value in table.items() if value is not None]


def _written(value: object) -> str:
    """A TOML value. Registered texts hold no control characters: two need escaping in a basic string."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case list() | tuple():
            return f"[{', '.join(map(_written, value))}]"
    raise TypeError(f"{type(value).__name__} is not written in a declared file")
