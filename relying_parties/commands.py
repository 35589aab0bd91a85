"""`idp application ...`: what an operator does with the registry, by hand or from a script.

Each command is the registry's own function with words around it. What the
commands need is an `Office`; the `idp` command passes, as click's `obj`,
something that opens one (`OpensOffice`), so that `--help` opens nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from config.commands import ExitCode, stop, write
from config.database import DatabaseUnavailable
from relying_parties.application import Application
from relying_parties.client_metadata import as_client_metadata, parse, read_client_metadata
from relying_parties.declared import as_toml, read_toml
from relying_parties.document import LARGEST_DOCUMENT
from relying_parties.office import Office, SecretFile
from relying_parties.problems import AlreadyRegistered, HasNoSecret, NoSuchApplication, RegistrationProblems
from relying_parties.registry import LONGEST_OVERLAP, SECRET_OVERLAP, Declared, Outcome

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done (also when there was nothing to change)
  {ExitCode.REFUSED}  refused: every problem is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no such application
  {ExitCode.CONFLICT}  the name, client_id or entity id is another application's
  {ExitCode.UNAVAILABLE}  the database does not answer"""

Function = TypeVar("Function", bound=Callable[..., Any])


class OpensOffice(Protocol):
    """What the `idp` command gives as click's `obj`."""

    def registration_office(self) -> Office: ...


@click.group(epilog=EXIT_CODES)
def application() -> None:
    """Applications that may ask us to log someone in."""


def _json(function: Function) -> Function:
    return click.option("--json", "in_json", is_flag=True, help="Answer in JSON, and tell problems in JSON.")(function)


def _secret_file(function: Function) -> Function:
    return click.option(
        "--secret-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the secret to this file, which only you can read, instead of showing it.",
    )(function)


@application.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@_secret_file
@_json
@click.pass_obj
def register(office: OpensOffice, file: str, secret_file: Path | None, *, in_json: bool) -> None:
    """Register the application that FILE declares, or amend it to what FILE says now.

    FILE is TOML (its logo is read from beside it); registering the same file
    again changes nothing. With -, it is RFC 7591 client metadata in JSON on
    standard input, always a new application, answered by what is registered.
    """
    with _problems_told(in_json=in_json), SecretFile.beside(secret_file) as kept:
        opened = office.registration_office()
        with click.open_file(file, "rb") as source:
            received = source.read(LARGEST_DOCUMENT + 1)
        if file == "-":
            _register_metadata(opened, received, kept)
            return
        registration = read_toml(received, opened.offering, folder=Path(file).parent)
        declared = opened.registry.declare(registration, actor=opened.actor)
        kept.keep(declared.secret)
        if in_json:
            answer = {"outcome": str(declared.outcome), "changed": list(declared.changed)}
            write(answer | _as_json(declared.application, kept.shown(declared.secret)))
        else:
            _tell_declared(opened, declared, kept)


def _register_metadata(office: Office, received: bytes, kept: "SecretFile") -> None:
    """RFC 7591 sections 3.1 and 3.2.1, without HTTP."""
    members = parse(received)
    registration = read_client_metadata(members, office.offering)
    registered, secret = office.registry.register(registration, actor=office.actor)
    kept.keep(secret)
    answer = _as_json(registered, kept.shown(secret))
    write(answer)
    if left_out := sorted(ascii(name[:40]) for name in members.keys() - answer.keys()):
        click.echo(f"Not understood, and left out: {', '.join(left_out[:20])}", err=True)


def _tell_declared(office: Office, declared: Declared, kept: "SecretFile") -> None:
    registered = declared.application
    match declared.outcome:
        case Outcome.REGISTERED:
            click.echo(f"{registered.name} is registered: {registered.display_name.fr}")
        case Outcome.AMENDED:
            click.echo(f"{registered.name} is amended: {', '.join(declared.changed)}")
        case Outcome.UNCHANGED:
            click.echo(f"{registered.name} is unchanged")
    click.echo(f"  client_id      {registered.client_id}")
    _tell_secret(declared.secret, kept)
    if registered.is_suspended:
        click.echo(f"It is suspended: `idp application resume {registered.name}` lets people in again.")
    if declared.secret is None and registered.oidc and registered.oidc.client_authentication.has_secret:
        click.echo(f"Its secret stands; for a new one: idp application rotate-secret {registered.name}")
    if declared.outcome is Outcome.REGISTERED:
        click.echo("Next: give the application its client_id, its secret and this address:")
        click.echo(f"  {office.issuer}/.well-known/openid-configuration")
        if registered.entry == "entitled":
            click.echo(f"and entitle people: idp account entitle LOGIN {registered.client_id}")


def _tell_secret(secret: str | None, kept: "SecretFile") -> None:
    if secret is None:
        return
    if kept.path is not None:
        click.echo(f"  client_secret  is in {kept.path}, which only you can read")
    else:
        click.echo(f"  client_secret  {secret}")
        click.echo("The secret is shown this once: we keep only its fingerprint.")


@application.command("list", epilog=EXIT_CODES)
@click.option("--after", default="", metavar="NAME", help="Only those that follow NAME, in the order of names.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="At most so many.")
@_json
@click.pass_obj
def list_applications(office: OpensOffice, after: str, limit: int, *, in_json: bool) -> None:
    """The registered applications, in the order of their names."""
    with _problems_told(in_json=in_json):
        found = office.registration_office().registry.list(after=after, limit=limit)
        if in_json:
            write([_as_json(each) for each in found])
            return
        for each in found:
            suspended = "  (suspended)" if each.is_suspended else ""
            click.echo(f"{each.name:<20} {each.identifier:<34} {each.display_name.fr}{suspended}")
        if not found:
            click.echo("No application is registered." if not after else f"None follows {after}.", err=True)
        elif len(found) == limit:
            click.echo(f"There may be more: --after {found[-1].name}", err=True)


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@_json
@click.pass_obj
def show(office: OpensOffice, name: str, *, in_json: bool) -> None:
    """What is registered for the application NAME (its name, its client_id or its entity id).

    It is told as the declared file that it equals.
    """
    with _problems_told(in_json=in_json):
        registry = office.registration_office().registry
        found = registry.named(name)
        if in_json:
            write(_as_json(found))
            return
        click.echo(f"# Registered {_day(found.registered_at)}, amended {_day(found.amended_at)}.")
        if found.suspended_at is not None:
            click.echo(f"# Suspended since {_day(found.suspended_at)}: no one can log in to it.")
        for secret in found.secrets:
            if secret.good_until is not None:
                click.echo(f"# Its previous secret is good until {_day(secret.good_until)}.")
        logo = registry.logo(found.name)
        logo_file = f"{found.name}.{logo.media_type.name.lower()}" if logo else None
        click.echo(as_toml(found, identifier=found.identifier, logo_file=logo_file), nl=False)


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


@application.command("rotate-secret", epilog=EXIT_CODES)
@click.argument("name")
@click.option(
    "--overlap",
    type=click.IntRange(0, LONGEST_OVERLAP.days * 24),
    default=int(SECRET_OVERLAP.total_seconds() // 3600),
    show_default=True,
    metavar="HOURS",
    help="How long the previous secret stays good.",
)
@click.option("--at-once", is_flag=True, help="The previous secret ends now: when it may be known to someone.")
@_secret_file
@_json
@click.pass_obj
def rotate_secret(
    office: OpensOffice, name: str, overlap: int, secret_file: Path | None, *, at_once: bool, in_json: bool
) -> None:
    """Make a new secret for the application NAME.

    The one before stays good for a day unless said otherwise, so that the
    application can be given the new one while people log in.
    """
    with _problems_told(in_json=in_json), SecretFile.beside(secret_file) as kept:
        opened = office.registration_office()
        hours = timedelta(hours=0 if at_once else overlap)
        rotated = opened.registry.rotate_secret(name, actor=opened.actor, overlap=hours)
        kept.keep(rotated.secret)
        until = rotated.previous_good_until
        if in_json:
            answer = _as_json(rotated.application, kept.shown(rotated.secret))
            write(answer | {"previous_secret_good_until": until.isoformat(timespec="seconds") if until else None})
            return
        click.echo(f"{rotated.application.name} has a new secret")
        click.echo(f"  client_id      {rotated.application.client_id}")
        _tell_secret(rotated.secret, kept)
        if until is None:
            click.echo("The previous secret is no longer good.")
        else:
            click.echo(f"The previous secret is good until {_day(until)}.")


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@_json
@click.pass_obj
def suspend(office: OpensOffice, name: str, *, in_json: bool) -> None:
    """Let no one in to the application NAME until it is resumed."""
    with _problems_told(in_json=in_json):
        opened = office.registration_office()
        suspended = opened.registry.suspend(name, actor=opened.actor)
        if in_json:
            write(_as_json(suspended))
        else:
            click.echo(f"{suspended.name} is suspended. To end it: idp application resume {suspended.name}")


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@_json
@click.pass_obj
def resume(office: OpensOffice, name: str, *, in_json: bool) -> None:
    """End the suspension of the application NAME."""
    with _problems_told(in_json=in_json):
        opened = office.registration_office()
        resumed = opened.registry.resume(name, actor=opened.actor)
        if in_json:
            write(_as_json(resumed))
        else:
            click.echo(f"{resumed.name} is open to people again")


def _as_json(registered: Application, secret: str | None = None) -> dict[str, Any]:
    """RFC 7591 section 3.2.1, and when it was suspended."""
    answer = as_client_metadata(registered, identifier=registered.identifier)
    answer["client_id_issued_at"] = int(registered.registered_at.timestamp())
    if secret is not None:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    suspended_at = registered.suspended_at
    answer["poterne_suspended_at"] = suspended_at.isoformat(timespec="seconds") if suspended_at else None
    return answer


@contextmanager
def _problems_told(*, in_json: bool) -> Iterator[None]:
    """The one place that turns what went wrong into words and an exit code."""
    try:
        yield
    except RegistrationProblems as wrong:
        told = [{"field": each.field, "received": each.received, "change": each.change} for each in wrong.problems]
        stop(ExitCode.REFUSED, "invalid_client_metadata", str(wrong), in_json=in_json, problems=told)
    except HasNoSecret as wrong:
        stop(ExitCode.REFUSED, "has_no_secret", str(wrong), in_json=in_json)
    except NoSuchApplication as wrong:
        stop(ExitCode.NOT_FOUND, "not_found", str(wrong), in_json=in_json)
    except AlreadyRegistered as wrong:
        stop(ExitCode.CONFLICT, "already_registered", str(wrong), in_json=in_json)
    except DatabaseUnavailable as wrong:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{wrong}: nothing was changed; try again", in_json=in_json)
