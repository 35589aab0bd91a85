"""The pages and example files that are written from the code: settings, commands, audit vocabulary.

`make docs` writes them; a test compares, so that they cannot fall behind.
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

from config.audit.vocabulary import AuditKind, BackupAuditKind, TrailAuditKind
from config.common_settings import CommonSettings
from config.settings_reader import Declaration, declarations
from enrollment.audit_kinds import VOCABULARY as ENROLLMENT_VOCABULARY
from enrollment.audit_kinds import EnrollmentAuditKind
from enrollment.commands import enrollment
from enrollment.settings import EnrollmentSettings
from idp.attribute_release import RELEASE, SCOPES
from idp.audit_kinds import VOCABULARY, IdpAuditKind
from idp.commands import idp
from idp.settings import Settings
from relying_parties.registration.client_metadata import MEMBERS
from relying_parties.registration.fields import FIELDS
from relying_parties.registry.audit_kinds import RegistryAuditKind
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

WHAT_HAPPENED: dict[AuditKind, str] = {
    IdpAuditKind.LOGIN_SUCCEEDED: "Someone proved who they are; `method` says how.",
    IdpAuditKind.LOGIN_REFUSED: "An attempt was refused, for a wrong password or by a limit.",
    IdpAuditKind.SIGN_IN: "An application got an answer for this account.",
    IdpAuditKind.SESSION_ENDED: "A session was ended by its owner, by an application or by an operator.",
    IdpAuditKind.LOGOUT_NOTIFIED: "An application was notified of the end of a session; `outcome` says its response.",
    IdpAuditKind.CODE_REPLAYED: "An authorization code came back a second time: what it had given was revoked.",
    IdpAuditKind.TOKEN_REFUSED: "A token request was refused; `why` says for what, `claimed` names a client that did "
    "not prove itself. One line an hour for each cause and network.",
    IdpAuditKind.PASSWORD_CHANGED: "Someone changed their own password.",
    IdpAuditKind.PASSWORD_SET: "An operator set a password.",
    IdpAuditKind.PASSWORD_LINK_SENT: "A link to choose a password was mailed.",
    IdpAuditKind.PASSWORD_LINK_USED: "Such a link was used: a password was chosen.",
    IdpAuditKind.ACCOUNT_CREATED: "An account was created.",
    IdpAuditKind.ACCOUNT_CHANGED: "What an account says of its person was changed; `changed` names the attributes.",
    IdpAuditKind.ACCOUNT_DISABLED: "An account was closed: its sessions and tokens are void.",
    IdpAuditKind.ACCOUNT_ENABLED: "An account was opened again.",
    IdpAuditKind.IDENTIFIER_ADDED: "An account got a further identifier, or a better proof of one; `detail` says of "
    "which kind, and how it was proven.",
    IdpAuditKind.IDENTIFIER_REMOVED: "An account lost a further identifier; `detail` says of which kind.",
    IdpAuditKind.CONDITIONS_ACCEPTED: "A person accepted the conditions of use; `detail` has the version and language.",
    IdpAuditKind.ENTITLEMENT_GRANTED: "An account was entitled to an application; `detail` says in which role and for "
    "how long.",
    IdpAuditKind.ENTITLEMENT_CHANGED: "The role or dates of an entitlement were changed; `detail` has the new ones.",
    IdpAuditKind.ENTITLEMENT_WITHDRAWN: "An account may no longer enter an application.",
    IdpAuditKind.MEMBERSHIP_GRANTED: "An account became a member of a community; `detail` says of which, in which role "
    "and for how long.",
    IdpAuditKind.MEMBERSHIP_CHANGED: "The role or the dates of a membership were changed; `detail` has the new ones.",
    IdpAuditKind.MEMBERSHIP_WITHDRAWN: "An account is no longer a member of the community that `detail` names.",
    IdpAuditKind.COMMUNITY_ADDED: "A community was added.",
    IdpAuditKind.COMMUNITY_CHANGED: "The description of a community was changed; `changed` names the fields.",
    IdpAuditKind.COMMUNITY_REMOVED: "A community was removed; `members` and `approvers` say how many accounts lost "
    "their membership, or their role as its approver.",
    IdpAuditKind.OPERATOR_ROLE_GRANTED: "An account became an operator; `detail` has the role and its scope.",
    IdpAuditKind.OPERATOR_ROLE_REVOKED: "An account lost the operator's role that `detail` names.",
    RegistryAuditKind.APPLICATION_REGISTERED: "An application was registered.",
    RegistryAuditKind.APPLICATION_AMENDED: "An application's registration was changed.",
    RegistryAuditKind.APPLICATION_SUSPENDED: "An application was suspended: nobody logs in to it.",
    RegistryAuditKind.APPLICATION_RESUMED: "A suspended application was opened again.",
    RegistryAuditKind.SECRET_ROTATED: "An application was given a new secret.",
    RegistryAuditKind.METADATA_SOURCE_ADDED: "A source of service providers' metadata was declared.",
    RegistryAuditKind.METADATA_SOURCE_AMENDED: "The address or the certificate of such a source was changed.",
    RegistryAuditKind.METADATA_SOURCE_REMOVED: "Such a source was taken away.",
    RegistryAuditKind.METADATA_WITHDRAWN: "A source no longer has an application: its metadata ended.",
    IdpAuditKind.KEYS_MADE: "Signing keys were made.",
    IdpAuditKind.API_REFUSED: "A call of the interface for enrollment had not the right secret.",
    IdpAuditKind.KEYS_ROTATED: "The next signing keys took their place.",
    IdpAuditKind.KEY_CUT_OVER: "A SAML application is answered with another signing key.",
    BackupAuditKind.BACKUP_MADE: "A backup was made.",
    BackupAuditKind.BACKUP_RESTORED: "A backup was restored.",
    EnrollmentAuditKind.REQUEST_SENT: "A person sent a request; `reference` is the one they were given.",
    EnrollmentAuditKind.EMAIL_VERIFIED: "The person used the link that was mailed to the address of the request.",
    EnrollmentAuditKind.REQUEST_ANSWERED: "The person answered an operator who had asked for more.",
    EnrollmentAuditKind.REQUEST_WITHDRAWN: "The person withdrew the request.",
    EnrollmentAuditKind.OPERATOR_SIGNED_IN: "An operator signed in by the identity provider.",
    EnrollmentAuditKind.OPERATOR_SIGNED_OUT: "An operator's session was ended, by its owner or the identity provider.",
    EnrollmentAuditKind.REQUEST_READ: "An operator opened a request.",
    EnrollmentAuditKind.REQUEST_ASSIGNED: "A request was given to an operator, or given back.",
    EnrollmentAuditKind.MORE_ASKED: "An operator asked the person for more.",
    EnrollmentAuditKind.PART_DECIDED: "A part of a request was accepted or refused; `code` says why it was refused.",
    EnrollmentAuditKind.RULE_CHANGED: "The number of approvers of a part, or its delays, were changed.",
    EnrollmentAuditKind.INVITATION_SENT: "An operator invited someone to ask for an account.",
    EnrollmentAuditKind.INVITATION_USED: "A request was begun with an invitation.",
    EnrollmentAuditKind.INVITATION_WITHDRAWN: "An operator withdrew an invitation.",
    EnrollmentAuditKind.REQUEST_DELIVERED: "The identity provider did what had been accepted.",
    EnrollmentAuditKind.REQUEST_LAPSED: "Nobody answered a request in time.",
    EnrollmentAuditKind.REQUEST_EXPORTED: "The data of a request were exported.",
    EnrollmentAuditKind.REQUEST_ERASED: "The data of a request were erased on demand; its decision stays.",
    EnrollmentAuditKind.REQUESTS_PURGED: "Requests and invitations were purged as their retention ended: how many.",
    EnrollmentAuditKind.REGISTER_IMPORTED: "An extract of the national register was imported, and is the one in use.",
    TrailAuditKind.AUDIT_PRUNED: "Old lines of the trail were removed, up to a checkpoint.",
    TrailAuditKind.AUDIT_ERASED: "Someone's login, address and browser were erased from the trail.",
    TrailAuditKind.AUDIT_RULES_RESTORED: "The database's rules that keep the trail unaltered had been missing, and "
    "were put back.",
}


def settings_page() -> str:
    """Every setting, by group, with its default and how else it can be given."""
    lines = [
        "# Settings",
        GENERATED,
        "",
        "Each service has its own settings file, and its own variables, which win over the file. `idp` reads the TOML",
        "file that `--settings` or `POTERNE_SETTINGS` names, and the variable `POTERNE_NAME` for a setting `name`;",
        "`enrollment` reads the file that `--settings` or `ENROLLMENT_SETTINGS` names, and `ENROLLMENT_NAME`.",
        "Wrong settings are all reported at once.",
        "",
        'A duration is written `"90 s"`, `"30 m"`, `"4 h"` or `"120 d"`. A *secret* may be given as a file that holds',
        'it: `smtp_password_file = "/run/secrets/smtp"`.',
        "",
        "A file that holds a secret is its owner's alone (`chmod 600`), or root's and readable by the service's group",
        "(`root:poterne`, `chmod 640`). A settings file without a secret may be read by its group. Others are refused.",
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
        for group, settings in _by_group(table):
            rows = [
                f"| `{declared.name}` | {_default(declared, declaration)} | {declaration.doc} |"
                for declared, declaration in settings
                if declared.name in table.__annotations__  # what it declares itself, a default of its own included
            ]
            if rows:
                lines += ["", f"### {group}", "", "| setting | default | meaning |", "|---|---|---|", *rows]
    return _text(lines)


def settings_file(table: type[CommonSettings], title: str, given: Mapping[str, object]) -> str:
    """A settings file that says `given`, and every other setting of `table` with its default in a comment."""
    lines = [f"# {title}", "# Written by `make docs`. A line in a comment says the default."]
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
    """What each command says of itself."""
    lines = ["# Commands", GENERATED]
    for name, group in (("idp", idp), ("enrollment", enrollment), ("sample-rp", sample_rp)):
        for path, command in _commands(name, group):
            command = copy(command)  # click keeps the help option by which it was first asked, in a test by itself
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
        "Each line of the audit trail bears one of these words. The vocabulary is closed: no word changes meaning,",
        "and one no longer written stays listed. [One audit trail](decisions/one-audit-trail.md) says why.",
    ]
    own = ("The identity provider", VOCABULARY), ("Enrollment", ENROLLMENT_VOCABULARY)
    shared: list[AuditKind] = [*BackupAuditKind, *TrailAuditKind]
    tables = [(service, [kind for kind in words if kind not in shared]) for service, words in own]
    for title, words in (*tables, ("Every service", shared)):
        lines += ["", f"## {title}", "", "| word | what happened |", "|---|---|"]
        lines += [f"| `{kind.value}` | {WHAT_HAPPENED[kind]} |" for kind in words]
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
    return "\n".join(["| scope | claims of userinfo |", "|---|---|", *rows])


def _claims() -> str:
    rows = [f"| {_code(each.claims)} | `{name}` | `{each.friendly_name}` |" for name, each in RELEASE.items()]
    return "\n".join(["| claim | attribute to register | SAML has it as |", "|---|---|---|", *rows])


def _saml_attributes() -> str:
    rows = [f"| `{name}` | `{each.friendly_name}` | `{each.saml_name}` |" for name, each in RELEASE.items()]
    return "\n".join(["| attribute | `FriendlyName` | `Name` |", "|---|---|---|", *rows])


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _registration_fields() -> str:
    lines: list[str] = []
    for table, fields in groupby(FIELDS, key=lambda field: field.table):
        lines += ["", f"`[{table}]`" if table else "At the top of the file:", ""]
        lines += ["| field | in JSON | when left out | meaning |", "|---|---|---|---|"]
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
        Settings, "Settings for a developer's machine: plain http on loopback, letters in a folder.", DEVELOPMENT
    ),
    "idp/environments/production.example.toml": lambda: settings_file(
        Settings, "Settings for production: PostgreSQL, Redis and SMTP, behind a proxy that ends TLS.", PRODUCTION
    ),
    "enrollment/environments/development.toml": lambda: settings_file(
        EnrollmentSettings,
        "Settings of enrollment for a developer's machine: plain http on loopback, letters in a folder.",
        ENROLLMENT_DEVELOPMENT,
    ),
    "enrollment/environments/production.example.toml": lambda: settings_file(
        EnrollmentSettings,
        "Settings of enrollment for production: PostgreSQL, Redis and SMTP of its own, behind a proxy that ends TLS.",
        ENROLLMENT_PRODUCTION,
    ),
}


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
