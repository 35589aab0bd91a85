"""Generates reference pages and example files from the code: settings, commands, audit kinds, registration fields.

`make docs` writes them, and a test checks that they are up to date.
"""

import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import copy
from dataclasses import MISSING, Field
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from card_bridge.workstation.commands import main as card_bridge
from config.audit.vocabulary import AuditKind, BackupAuditKind, TrailAuditKind
from config.common_settings import CommonSettings
from config.settings_reader import Declaration, declarations
from docs.audit_descriptions import DESCRIPTIONS
from enrollment.audit_kinds import VOCABULARY as ENROLLMENT_VOCABULARY
from enrollment.commands import enrollment
from enrollment.settings import EnrollmentSettings
from idp.attribute_release import RELEASE, SCOPES
from idp.audit_kinds import VOCABULARY
from idp.commands import idp
from idp.settings import Settings
from relying_parties.registration.client_metadata import MEMBERS
from relying_parties.registration.fields import FIELDS
from relying_parties.samples.commands import main as sample_rp

ROOT = Path(__file__).parent.parent
CONNECT = "docs/connect-an-application.md"
SECTION_END = "<!-- Up to here. -->"
GENERATED = "<!-- Written by `make docs`; change the code it is read from instead. -->"

DEVELOPMENT = {"environment": "development", "issuer": "http://localhost:8400", "mail_transport": "folder"}
PRODUCTION = {
    "environment": "production",
    "issuer": "https://id.exemple.test",
    "region": "Région Exemple",
    "key_encryption_key_file": "/etc/poterne/key-encryption-key",
    "database_url_file": "/etc/poterne/database-url",
    "redis_url_file": "/etc/poterne/redis-url",
    "trusted_proxies": ["127.0.0.1"],
    "mail_from": "ne-pas-repondre@exemple.test",
}

ENROLLMENT_DEVELOPMENT = {
    "environment": "development",
    "address": "http://127.0.0.1:8401",
    "idp_issuer": "http://localhost:8400",
    "mail_transport": "folder",
}
ENROLLMENT_PRODUCTION = PRODUCTION | {
    "address": "https://inscription.exemple.test",
    "idp_issuer": "https://id.exemple.test",
    "idp_secret_file": "/etc/poterne-enrollment/idp-secret",
    "client_secret_file": "/etc/poterne-enrollment/client-secret",
    "key_encryption_key_file": "/etc/poterne-enrollment/key-encryption-key",
    "database_url_file": "/etc/poterne-enrollment/database-url",
    "redis_url_file": "/etc/poterne-enrollment/redis-url",
}
del ENROLLMENT_PRODUCTION["issuer"]


def settings_page() -> str:
    """Every setting, by group, with its default and its meaning."""
    lines = [
        "# Settings",
        GENERATED,
        "",
        "Each service has its own settings file, and its own variables, which override the file. `idp` reads the TOML",
        "file that `--settings` or `POTERNE_SETTINGS` names, and the variable `POTERNE_NAME` for a setting `name`;",
        "`enrollment` reads the file that `--settings` or `ENROLLMENT_SETTINGS` names, and `ENROLLMENT_NAME`.",
        "All wrong settings are reported together.",
        "",
        'A duration is written `"90 s"`, `"30 m"`, `"4 h"` or `"120 d"`. A *secret* may be in a separate',
        'file: `smtp_password_file = "/run/secrets/smtp"`.',
        "",
        "Only its owner may read a file with a secret (`chmod 600`); or root owns it and the group of the service may",
        "read it (`root:poterne`, `chmod 640`). The group may also read a settings file without a secret. A file that",
        "others can read is refused.",
        "",
        "Examples for `idp`: [development](../idp/environments/development.toml),",
        "[production](../idp/environments/production.example.toml); for `enrollment`:",
        "[development](../enrollment/environments/development.toml),",
        "[production](../enrollment/environments/production.example.toml).",
    ]
    for service, table in (
        ("Settings of every service", CommonSettings),
        ("Settings of `idp` alone", Settings),
        ("Settings of `enrollment` alone", EnrollmentSettings),
    ):
        lines += ["", f"## {service}"]
        own = _own_settings(table)
        for group, settings in _by_group(table):
            rows = [
                f"| `{declared.name}` | {_default(declared, declaration)} | {declaration.doc} |"
                for declared, declaration in settings
                if declared.name in own
            ]
            if rows:
                lines += ["", f"### {group}", "", "| setting | default | meaning |", "|---|---|---|", *rows]
    return _text(lines)


def settings_file(table: type[CommonSettings], title: str, given: Mapping[str, object]) -> str:
    """A settings file with the values of `given`, and the other settings of `table` with their defaults in comments."""
    lines = [f"# {title}", "# Written by `make docs`. Commented settings have their defaults."]
    for group, settings in _by_group(table):
        lines += ["", f"# --- {group.lower()} " + "-" * (70 - len(group))]
        for declared, declaration in settings:
            lines += ["", *textwrap.wrap(declaration.doc, 110, initial_indent="# ", subsequent_indent="# ")]
            from_file = f"{declared.name}_file"
            if declared.name in given:
                lines.append(f"{declared.name} = {_toml(given[declared.name])}")
            elif from_file in given:
                lines.append(f"{from_file} = {_toml(given[from_file])}")
            else:
                lines.append(f"# {declared.name} = {_toml(declared.default)}")
    return _text(lines)


def commands_page() -> str:
    """The help of each command."""
    lines = ["# Commands", GENERATED]
    groups = ("idp", idp), ("enrollment", enrollment), ("card-bridge", card_bridge), ("sample-rp", sample_rp)
    for name, group in groups:
        for path, command in _commands(name, group):
            command = copy(command)  # click would keep the help option of an earlier call
            command._help_option = None
            context = click.Context(command, info_name=path, terminal_width=100)
            lines += ["", f"## `{path}`", "", "```text", command.get_help(context), "```"]
    return _text(lines)


def audit_page() -> str:
    """The closed vocabulary of the audit trail."""
    lines = [
        "# Audit vocabulary",
        GENERATED,
        "",
        "Each entry of the audit trail has one of these kinds. The list is closed: no kind changes its meaning, and",
        "one that is no longer written stays listed. [One audit trail](decisions/one-audit-trail.md) explains why.",
    ]
    own = ("The identity provider", VOCABULARY), ("Enrollment", ENROLLMENT_VOCABULARY)
    shared: list[AuditKind] = [*BackupAuditKind, *TrailAuditKind]
    tables = [(service, [kind for kind in words if kind not in shared]) for service, words in own]
    for title, words in (*tables, ("Every service", shared)):
        lines += ["", f"## {title}", "", "| kind | event |", "|---|---|"]
        lines += [f"| `{kind.value}` | {DESCRIPTIONS[kind]} |" for kind in words]
    return _text(lines)


def connect_page() -> str:
    """The page for integrators, with its generated tables in their places."""
    text = (ROOT / CONNECT).read_text(encoding="utf-8")
    for what, source, table in (
        ("the scopes", "idp/attribute_release.py", _scopes),
        ("the claims", "idp/attribute_release.py", _claims),
        ("the fields", "relying_parties/registration/fields.py", _registration_fields),
        ("the SAML attributes", "idp/attribute_release.py", _saml_attributes),
    ):
        begin = f"<!-- From here to the next remark, {what}: written by `make docs`, from {source}. -->\n"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(SECTION_END)
        text = f"{before}{begin}\n{table().strip()}\n\n{SECTION_END}{after}"
    return text


def _scopes() -> str:
    rows = [f"| `{scope}` | {_code(claims)} |" for scope, claims in {"openid": ("sub",), **SCOPES}.items()]
    return "\n".join(["| scope | claims at UserInfo |", "|---|---|", *rows])


def _claims() -> str:
    rows = [f"| {_code(each.claims)} | `{name}` | `{each.friendly_name}` |" for name, each in RELEASE.items()]
    return "\n".join(["| claim | attribute to register | in SAML |", "|---|---|---|", *rows])


def _saml_attributes() -> str:
    rows = [f"| `{name}` | `{each.friendly_name}` | `{each.saml_name}` |" for name, each in RELEASE.items()]
    return "\n".join(["| attribute | `FriendlyName` | `Name` |", "|---|---|---|", *rows])


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _registration_fields() -> str:
    lines: list[str] = []
    for table, fields in groupby(FIELDS, key=lambda field: field.table):
        lines += ["", f"`[{table}]`" if table else "At the top of the file:", ""]
        lines += ["| field | in JSON | default | meaning |", "|---|---|---|---|"]
        for field in fields:
            place = field.name if table in ("", "oidc") else f"{table}.{field.name}"
            member = f"`{MEMBERS[place]}`" if place in MEMBERS else "-"
            lines.append(f"| `{field.name}` | {member} | {field.default} | {field.meaning} |")
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    CONNECT: connect_page,
    "docs/settings.md": settings_page,
    "docs/commands.md": commands_page,
    "docs/audit.md": audit_page,
    "idp/environments/development.toml": lambda: settings_file(
        Settings, "Settings for a developer's machine: plain http on loopback, e-mails in a folder.", DEVELOPMENT
    ),
    "idp/environments/production.example.toml": lambda: settings_file(
        Settings, "Settings for production: PostgreSQL, Redis and SMTP, behind a proxy with TLS.", PRODUCTION
    ),
    "enrollment/environments/development.toml": lambda: settings_file(
        EnrollmentSettings,
        "Settings of enrollment for a developer's machine: plain http on loopback, e-mails in a folder.",
        ENROLLMENT_DEVELOPMENT,
    ),
    "enrollment/environments/production.example.toml": lambda: settings_file(
        EnrollmentSettings,
        "Settings of enrollment for production: its own PostgreSQL, Redis and SMTP, behind a proxy with TLS.",
        ENROLLMENT_PRODUCTION,
    ),
}


def _own_settings(table: type[CommonSettings]) -> set[str]:
    """The settings that a service adds to the common ones, or gives another default."""
    tables = [each for each in table.__mro__ if issubclass(each, CommonSettings)]
    if table is not CommonSettings:
        tables.remove(CommonSettings)
    return {name for each in tables for name in each.__annotations__}


def _by_group(table: type[CommonSettings]) -> Iterator[tuple[str, list[tuple[Field[Any], Declaration]]]]:
    groups: dict[str, list[tuple[Field[Any], Declaration]]] = {}
    for declared, declaration in declarations(table):
        groups.setdefault(declaration.group, []).append((declared, declaration))
    yield from groups.items()


def _commands(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if (found := command.get_command(context, name)) is not None:
                yield from _commands(f"{path} {name}", found)


def _default(declared: Field[Any], declaration: Declaration) -> str:
    if declared.default is MISSING:
        return "must be set"
    if declaration.secret:
        return "*secret*"
    return f"`{_toml(declared.default)}`" if declared.default not in ("", Path(), ()) else "none"


def _toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case timedelta():
            return f'"{_duration(value)}"'
        case tuple() | list():
            return "[" + ", ".join(_toml(item) for item in value) + "]"
        case Path() if value == Path():
            return '""'
        case _ if value is MISSING:
            return '""'
    return f'"{value}"'


def _duration(value: timedelta) -> str:
    for unit, length in (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("m", timedelta(minutes=1))):
        if value >= length and value % length == timedelta(0):
            return f"{value // length} {unit}"
    return f"{value // timedelta(seconds=1)} s"


def _text(lines: list[str]) -> str:
    return "\n".join(line.rstrip() for line in lines) + "\n"


def main() -> None:
    for name, page in PAGES.items():
        file = ROOT / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
