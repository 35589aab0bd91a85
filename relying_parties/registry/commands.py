"""The commands `idp application ...`, by which operators and scripts manage the registry.

Each command is the registry's own function with words around it. What the
commands need is an `RegistrationService`; the `idp` command passes, as click's `obj`,
something that opens one (`OpensRegistrationService`), so that `--help` opens nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from config.actor import Actor
from config.commands import ExitCode, echo, stop, write
from config.sql.database import DatabaseUnavailable
from relying_parties.problems import AlreadyRegistered, HasNoSecret, NoSuchApplication, RegistrationProblems
from relying_parties.registration.client_metadata import parse, read_client_metadata, replaced_members
from relying_parties.registration.toml_registration import read_toml
from relying_parties.registry.cli_output import as_json, day, moment, tell_declared, tell_secret, tell_terms
from relying_parties.registry.metadata_registration import is_metadata, register_described
from relying_parties.registry.registry import LONGEST_OVERLAP, SECRET_OVERLAP
from relying_parties.registry.service import RegistrationService, SecretFile
from relying_parties.sp_metadata.parser import LARGEST_METADATA

EXIT_CODES = f"""\b
Exit codes:
  {ExitCode.DONE}  done (also when there was nothing to change)
  {ExitCode.REFUSED}  refused: every problem is on standard error
  {ExitCode.USAGE}  wrong usage
  {ExitCode.NOT_FOUND}  no such application
  {ExitCode.CONFLICT}  the name, client_id or entity id is another application's
  {ExitCode.UNAVAILABLE}  the database does not answer"""

Function = TypeVar("Function", bound=Callable[..., Any])


class OpensRegistrationService(Protocol):
    """The `obj` that the `idp` command gives click."""

    def registration_service(self) -> RegistrationService: ...


@click.group(epilog=EXIT_CODES)
def application() -> None:
    """Manage the applications that may request logins."""


def _json(function: Function) -> Function:
    return click.option("--json", "in_json", is_flag=True, help="Answer, and report problems, in JSON.")(function)


def _secret_file(function: Function) -> Function:
    return click.option(
        "--secret-file",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Write the secret to this file, which only you can read, instead of showing it.",
    )(function)


@application.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--name", metavar="NAME", help="For SAML metadata: the name of the application.")
@click.option("--lowest-assurance", metavar="LEVEL", help="For SAML metadata: the lowest assurance level accepted.")
@click.option("--entry", metavar="WHO", help="For SAML metadata: who may enter, as in a registration file.")
@click.option(
    "--attribute", "attributes", multiple=True, help="For SAML metadata: an attribute to release; may be repeated."
)
@_secret_file
@_json
@click.pass_obj
def register(
    office: OpensRegistrationService, /, file: str, secret_file: Path | None, *, in_json: bool, **asked: Any
) -> None:
    """Register the application declared in FILE, or update it from FILE.

    FILE is TOML (its logo and its SAML metadata are read from beside it);
    registering the same file again changes nothing. It may be the SAML metadata
    of a service provider themselves, in XML: the declared file that this equals
    is told, and what is left to decide has its usual value. With -, it is RFC
    7591 client metadata in JSON on standard input, always a new application,
    answered by what is registered.
    """
    with _problems_told(in_json=in_json), SecretFile.next_to(secret_file) as kept:
        opened = office.registration_service()
        with click.open_file(file, "rb") as source:
            received = source.read(LARGEST_METADATA + 1)
        described = file != "-" and is_metadata(received)
        options = {option: value for option, value in asked.items() if value}
        if options and not described:
            raise click.UsageError(f"--{next(iter(options))} is for SAML metadata: a declared file says it itself")
        if file == "-":
            _register_metadata(opened, received, kept)
            return
        if described:
            declared = register_described(
                opened, received, file_name=Path(file).name, asked=options, actor=Actor.command_line()
            )
        else:
            folder, fetcher = Path(file).parent, opened.metadata_fetcher
            registration = read_toml(received, opened.capabilities, folder=folder, fetcher=fetcher)
            declared = opened.registry.declare(registration, actor=Actor.command_line())
        kept.keep(declared.secret)
        if in_json:
            answer = {"outcome": str(declared.outcome), "changed": list(declared.changed)}
            write(answer | as_json(declared.application, kept.shown(declared.secret)))
            return
        tell_declared(opened, declared, kept)
        if described:
            echo("The equivalent declared file:")
            echo("")
            tell_terms(opened, declared.application)


def _register_metadata(office: RegistrationService, received: bytes, kept: "SecretFile") -> None:
    """RFC 7591 sections 3.1 and 3.2.1, without HTTP."""
    members = parse(received)
    registration = read_client_metadata(members, office.capabilities)
    registered, secret = office.registry.register(registration, actor=Actor.command_line())
    kept.keep(secret)
    answer = as_json(registered, kept.shown(secret))
    write(answer)
    if replaced := replaced_members(members):
        echo(f"Replaced by what is answered here: {', '.join(replaced)}", err=True)
    if left_out := sorted(ascii(name[:40]) for name in members.keys() - answer.keys()):
        echo(f"Not understood, and left out: {', '.join(left_out[:20])}", err=True)


@application.command("list", epilog=EXIT_CODES)
@click.option("--after", default="", metavar="NAME", help="Only those after NAME, in alphabetical order.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 1000), help="List this many at most.")
@_json
@click.pass_obj
def list_applications(office: OpensRegistrationService, after: str, limit: int, *, in_json: bool) -> None:
    """List the registered applications, in alphabetical order."""
    with _problems_told(in_json=in_json):
        found = office.registration_service().registry.list(after=after, limit=limit)
        if in_json:
            write([as_json(each) for each in found])
            return
        for each in found:
            suspended = "  (suspended)" if each.is_suspended else ""
            spoken = "" if each.saml is None else "  (OpenID Connect and SAML)" if each.oidc else "  (SAML)"
            echo(f"{each.name:<20} {each.identifier:<34} {each.display_name.fr}{spoken}{suspended}")
        if not found:
            echo("No application is registered." if not after else f"None follows {after}.", err=True)
        elif len(found) == limit:
            echo(f"There may be more: --after {found[-1].name}", err=True)


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@_json
@click.pass_obj
def show(office: OpensRegistrationService, name: str, *, in_json: bool) -> None:
    """Show what is registered for the application NAME (its name, its client_id or its entity id).

    It is shown as the equivalent declared file.
    """
    with _problems_told(in_json=in_json):
        opened = office.registration_service()
        found = opened.registry.named(name)
        if in_json:
            write(as_json(found))
            return
        tell_terms(opened, found)


@application.command("rotate-secret", epilog=EXIT_CODES)
@click.argument("name")
@click.option(
    "--overlap",
    type=click.IntRange(0, LONGEST_OVERLAP.days * 24),
    default=int(SECRET_OVERLAP.total_seconds() // 3600),
    show_default=True,
    metavar="HOURS",
    help="How long the previous secret keeps working.",
)
@click.option("--at-once", is_flag=True, help="The previous secret stops working now: somebody else may know it.")
@_secret_file
@_json
@click.pass_obj
def rotate_secret(
    office: OpensRegistrationService, name: str, overlap: int, secret_file: Path | None, *, at_once: bool, in_json: bool
) -> None:
    """Make a new secret for the application NAME.

    The previous secret keeps working for a day by default, so that the
    application can be given the new one while people log in.
    """
    with _problems_told(in_json=in_json), SecretFile.next_to(secret_file) as kept:
        opened = office.registration_service()
        hours = timedelta(hours=0 if at_once else overlap)
        rotated = opened.registry.rotate_secret(name, actor=Actor.command_line(), overlap=hours)
        kept.keep(rotated.secret)
        until = rotated.previous_good_until
        if in_json:
            answer = as_json(rotated.application, kept.shown(rotated.secret))
            write(answer | {"previous_secret_good_until": moment(until)})
            return
        echo(f"{rotated.application.name} has a new secret")
        echo(f"  client_id      {rotated.application.client_id}")
        tell_secret(rotated.secret, kept)
        if until is None:
            echo("The previous secret no longer works.")
        else:
            echo(f"The previous secret works until {day(until)}.")


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@_json
@click.pass_obj
def suspend(office: OpensRegistrationService, name: str, *, in_json: bool) -> None:
    """Suspend the application NAME: no one can log in to it until it is resumed."""
    with _problems_told(in_json=in_json):
        opened = office.registration_service()
        suspended = opened.registry.suspend(name, actor=Actor.command_line())
        if in_json:
            write(as_json(suspended))
        else:
            echo(f"{suspended.name} is suspended. To end it: idp application resume {suspended.name}")


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@_json
@click.pass_obj
def resume(office: OpensRegistrationService, name: str, *, in_json: bool) -> None:
    """End the suspension of the application NAME."""
    with _problems_told(in_json=in_json):
        opened = office.registration_service()
        resumed = opened.registry.resume(name, actor=Actor.command_line())
        if in_json:
            write(as_json(resumed))
        else:
            echo(f"{resumed.name} is open again")


@contextmanager
def _problems_told(*, in_json: bool) -> Iterator[None]:
    """Turns an error into a message and an exit code."""
    try:
        yield
    except RegistrationProblems as wrong:
        told = [{"field": each.field, "received": each.received, "change": each.change} for each in wrong.problems]
        stop(
            ExitCode.REFUSED,
            wrong.error,
            [str(each) for each in wrong.problems],
            in_json=in_json,
            problems=told,
        )
    except HasNoSecret as wrong:
        stop(ExitCode.REFUSED, "has_no_secret", str(wrong), in_json=in_json)
    except NoSuchApplication as wrong:
        stop(ExitCode.NOT_FOUND, "not_found", str(wrong), in_json=in_json)
    except AlreadyRegistered as wrong:
        stop(ExitCode.CONFLICT, "already_registered", str(wrong), in_json=in_json)
    except DatabaseUnavailable as wrong:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"{wrong}: nothing was changed; try again", in_json=in_json)
