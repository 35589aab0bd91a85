"""The configuration of a sample application, read from a TOML file and the command line."""

import dataclasses
import ipaddress
import re
import tomllib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

CLIENT_AUTHENTICATIONS = ("client_secret_basic", "client_secret_post", "none")


class ConfigurationError(Exception):
    """The configuration cannot be used; `problems` lists every reason."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Other:
    """Another application that this one links to."""

    name: str  # with its article
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration(ABC):
    """The configuration of one application, for either protocol."""

    paths: ClassVar[tuple[str, ...]] = ("logo",)  # in a file, these are relative to its folder

    name: str  # the short name, in sentences and on buttons
    port: int
    the_name: str = ""  # with its article: "le DCC"
    full_name: str = ""
    purpose: str = ""
    host: str = "127.0.0.1"
    address: str = ""  # for browsers; differs from host and port behind a proxy
    colour: str = "#1f4e79"
    logo: Path | None = None
    others: tuple[Other, ...] = ()

    @property
    def cookie_name(self) -> str:
        """A name for each application, because cookies do not distinguish the ports of a host."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()) + "-session"

    @property
    @abstractmethod
    def provider_address(self) -> str:
        """The address of the identity provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcConfiguration(Configuration):
    """An application that logs people in with OpenID Connect."""

    paths: ClassVar[tuple[str, ...]] = ("logo", "client_secret_file")

    client_id: str
    issuer: str
    client_secret: str = field(default="", repr=False)
    client_authentication: str = "client_secret_basic"
    scope: str = "openid profile email professional"

    @property
    def cookie_name(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.client_id.lower()) + "-session"

    @property
    def provider_address(self) -> str:
        return self.issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlConfiguration(Configuration):
    """An application that logs people in with SAML 2.0."""

    paths: ClassVar[tuple[str, ...]] = ("logo", "key_folder")

    metadata_url: str  # the address of the identity provider's metadata
    key_folder: Path  # the folder of our private key and its certificate, made at the first start
    metadata_fingerprint: str = ""  # SHA-256 of a certificate that signs the metadata, in hexadecimal

    @property
    def provider_address(self) -> str:
        return self.metadata_url

    @property
    def entity_id(self) -> str:
        return f"{self.address}/saml/metadata"

    @property
    def fingerprint(self) -> str:
        """The fingerprint in lower case without colons; tools write it in several ways."""
        return self.metadata_fingerprint.replace(":", "").lower()


PROTOCOLS: Mapping[str, type[Configuration]] = {"oidc": OidcConfiguration, "saml": SamlConfiguration}


def read_configuration(file: Path | None, given: Mapping[str, Any]) -> Configuration:
    """The configuration in `file`, overridden by the values of `given` that are not None.

    `protocol` is "oidc" (the default) or "saml". `client_secret_file` names a file with the `client_secret`. A path
    in the file is relative to the file's folder.

    Raises:
        ConfigurationError: with every problem.
    """
    problems: list[str] = []
    values = _read_toml(file, problems) | {name: value for name, value in given.items() if value is not None}
    protocol = values.pop("protocol", "oidc")
    if protocol not in PROTOCOLS:
        raise ConfigurationError([*problems, f"protocol: must be one of {', '.join(PROTOCOLS)}"])
    kind = PROTOCOLS[protocol]
    for name in kind.paths:
        if file is not None and isinstance(values.get(name), str):
            values[name] = file.parent / values[name]
    if "client_secret_file" in kind.paths:
        _read_secret(values, problems)
    _read_others(values, problems)

    declared = {one.name: one for one in dataclasses.fields(kind)}
    problems += [
        f"{name}: no such option of an application with protocol {protocol}" for name in values if name not in declared
    ]
    problems += [
        f"{name}: must be one line without control characters"
        for name, value in values.items()
        if isinstance(value, str) and not value.isprintable()
    ]
    problems += [
        f"{name}: must be given"
        for name, one in declared.items()
        if one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING and not values.get(name)
    ]
    if not problems:
        values.setdefault("the_name", values["name"])
        values.setdefault("full_name", values["name"])
        values["address"] = values.get("address") or f"http://{values.get('host', '127.0.0.1')}:{values['port']}"
        problems = [problem for check in (*_CHECKS, *_CHECKS_OF[protocol]) if (problem := check(values))]
    if problems:
        raise ConfigurationError(problems)
    return kind(**values)


def _read_toml(file: Path | None, problems: list[str]) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as wrong:
        problems.append(f"{file}: cannot be read: {wrong.strerror}")
    except ValueError as wrong:  # the base of UnicodeDecodeError and TOMLDecodeError
        problems.append(f"{file}: not TOML: {wrong}")
    return {}


def _read_secret(values: dict[str, Any], problems: list[str]) -> None:
    secret_file = values.pop("client_secret_file", None)
    if secret_file is None:
        return
    try:
        values["client_secret"] = Path(secret_file).read_text(encoding="utf-8-sig").strip()
    except OSError as wrong:
        problems.append(f"client_secret_file: {secret_file}: cannot be read: {wrong.strerror}")


def _read_others(values: dict[str, Any], problems: list[str]) -> None:
    """Each is a pair on the command line, and a table in a file."""
    try:
        values["others"] = tuple(
            Other(**one) if isinstance(one, dict) else Other(*one) for one in values.get("others") or ()
        )
    except TypeError:
        problems.append('others: must be written [{ name = "le DCC", url = "https://dcc.example/" }]')


def _issuer_is_an_address(values: Mapping[str, Any]) -> str | None:
    parts = urlsplit(str(values["issuer"]))
    return None if parts.scheme in ("http", "https") and parts.hostname else "issuer: must be an https address"


def _secret_fits_authentication(values: Mapping[str, Any]) -> str | None:
    authentication = values.get("client_authentication", "client_secret_basic")
    if authentication not in CLIENT_AUTHENTICATIONS:
        return f"client_authentication: must be one of {', '.join(CLIENT_AUTHENTICATIONS)}"
    if (authentication == "none") == bool(values.get("client_secret")):
        return f"client_secret: {'must not' if authentication == 'none' else 'must'} be given with {authentication}"
    return None


def _metadata_can_be_trusted(values: Mapping[str, Any]) -> str | None:
    """Metadata names the keys that we trust, so its certificate is pinned, unless it comes from this machine."""
    parts = urlsplit(str(values["metadata_url"]))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "metadata_url: must be an https address"
    fingerprint = str(values.get("metadata_fingerprint", "")).replace(":", "")
    if fingerprint and not re.fullmatch(r"[0-9a-fA-F]{64}", fingerprint):
        return "metadata_fingerprint: must be a SHA-256 in hexadecimal: openssl x509 -noout -fingerprint -sha256"
    if not fingerprint and not _is_this_machine(parts.hostname):
        return "metadata_fingerprint: must be given, unless the metadata comes from this machine"
    return None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _colour_is_readable(values: Mapping[str, Any]) -> str | None:
    """The text on this colour is white: WCAG 2.2, 1.4.3 requires a contrast of 4.5."""
    colour = str(values.get("colour", "#1f4e79"))
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        return "colour: must be written #rrggbb"
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    contrast = 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)
    return None if contrast >= 4.5 else f"colour: too light for white text (contrast {contrast:.1f}, at least 4.5)"


def _logo_exists(values: Mapping[str, Any]) -> str | None:
    logo = values.get("logo")
    if logo is None or (Path(logo).suffix == ".svg" and Path(logo).is_file()):
        return None
    return f"logo: {logo}: must be an SVG file"


Check = Callable[[Mapping[str, Any]], str | None]
_CHECKS: tuple[Check, ...] = (_colour_is_readable, _logo_exists)
_CHECKS_OF: Mapping[str, tuple[Check, ...]] = {
    "oidc": (_issuer_is_an_address, _secret_fits_authentication),
    "saml": (_metadata_can_be_trusted,),
}
