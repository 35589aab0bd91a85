"""The commands `idp application ...`, by which operators and scripts manage the registry.

Each command calls a function of the `RegistrationService` and prints its result. The `idp` command passes
`OpensRegistrationService` as click's `obj`, so that `--help` opens no database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from config.actor import Actor
from config.command_options import NewFile, exit_codes, json_option, page_options
from config.commands import CommandGroup, ExitCode, echo, json_time, stop, utc_time, write
from relying_parties.command_errors import registration_errors_as_exit_codes
from relying_parties.problems import AlreadyRegistered, HasNoSecret, NoSuchApplication
from relying_parties.registration.client_metadata import parse, read_client_metadata, replaced_members
from relying_parties.registration.toml_registration import read_toml
from relying_parties.registry.cli_output import as_json, print_registered, print_secret, print_terms
from relying_parties.registry.metadata_registration import is_metadata, register_metadata
from relying_parties.registry.registry import LONGEST_OVERLAP, SECRET_OVERLAP
from relying_parties.registry.service import RegistrationService, SecretFile
from relying_parties.sp_metadata.parser import LARGEST_METADATA

EXIT_CODES = exit_codes(
    not_found="no such application", conflict="the name, client_id or entity id belongs to another application"
)

Function = TypeVar("Function", bound=Callable[..., Any])


class OpensRegistrationService(Protocol):
    """The `obj` that the `idp` command gives click."""

    def registration_service(self) -> RegistrationService: ...


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def application() -> None:
    """Manage the applications that may request logins."""


def _secret_file(function: Function) -> Function:
    return click.option(
        "--secret-file",
        type=NewFile(),
        help="Write the secret to this file, which only you can read, instead of showing it.",
    )(function)


@application.command(epilog=EXIT_CODES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
@click.option("--name", metavar="NAME", help="For SAML metadata: the name of the application.")
@click.option("--lowest-assurance", metavar="LEVEL", help="For SAML metadata: the lowest assurance level accepted.")
@click.option("--entry", metavar="WHO", help="For SAML metadata: who may log in, as in a registration file.")
@click.option(
    "--attribute", "attributes", multiple=True, help="For SAML metadata: an attribute to release; may be repeated."
)
@_secret_file
@json_option
@click.pass_obj
def register(
    installation: OpensRegistrationService, /, file: str, secret_file: Path | None, *, in_json: bool, **given: Any
) -> None:
    """Register the application described in FILE, or update it.

    FILE is a registration file, in TOML. Its logo and its SAML metadata are read
    from the same folder. Registering the same file again changes nothing.

    FILE may also be the SAML metadata of a service provider, in XML. The options then give the fields that metadata
    does not have; the others have their defaults. The equivalent registration file is printed.

    With -, standard input is client metadata in JSON (RFC 7591). It always
    registers a new application, and the answer is what was registered.
    """
    with _errors_as_exit_codes(in_json=in_json), SecretFile.next_to(secret_file) as kept:
        service = installation.registration_service()
        with click.open_file(file, "rb") as source:
            received = source.read(LARGEST_METADATA + 1)
        from_metadata = file != "-" and is_metadata(received)
        options = {option: value for option, value in given.items() if value}
        if options and not from_metadata:
            name = next(iter(options)).replace("_", "-")
            raise click.UsageError(f"--{name} is for SAML metadata only: a registration file has a field for it")
        if file == "-":
            _register_client_metadata(service, received, kept)
            return
        if from_metadata:
            file_name, actor = Path(file).name, Actor.command_line()
            declared = register_metadata(service, received, file_name=file_name, options=options, actor=actor)
        else:
            folder, fetcher = Path(file).parent, service.metadata_fetcher
            registration = read_toml(received, service.capabilities, folder=folder, fetcher=fetcher)
            declared = service.registry.declare(registration, actor=Actor.command_line())
        kept.keep(declared.secret)
        if in_json:
            answer = {"outcome": str(declared.outcome), "changed": list(declared.changed)}
            write(answer | as_json(declared.application, kept.shown(declared.secret)))
            return
        print_registered(service, declared, kept)
        if from_metadata:
            echo("The equivalent registration file:")
            echo("")
            print_terms(service, declared.application)


def _register_client_metadata(service: RegistrationService, received: bytes, kept: SecretFile) -> None:
    """RFC 7591 sections 3.1 and 3.2.1, without HTTP."""
    members = parse(received)
    registration = read_client_metadata(members, service.capabilities)
    registered, secret = service.registry.register(registration, actor=Actor.command_line())
    kept.keep(secret)
    answer = as_json(registered, kept.shown(secret))
    write(answer)
    if replaced := replaced_members(members):
        echo(f"Replaced by values that are supported: {', '.join(replaced)}", err=True)
    if ignored := sorted(ascii(name[:40]) for name in members.keys() - answer.keys()):
        echo(f"Unknown members, ignored: {', '.join(ignored[:20])}", err=True)


@application.command("list", epilog=EXIT_CODES)
@page_options(of="applications")
@json_option
@click.pass_obj
def list_applications(installation: OpensRegistrationService, after: str, limit: int, *, in_json: bool) -> None:
    """List the registered applications, in alphabetical order."""
    with _errors_as_exit_codes(in_json=in_json):
        found = installation.registration_service().registry.list(after=after, limit=limit)
        if in_json:
            write([as_json(each) for each in found])
            return
        for each in found:
            suspended = "  (suspended)" if each.is_suspended else ""
            protocols = "" if each.saml is None else "  (OpenID Connect and SAML)" if each.oidc else "  (SAML)"
            echo(f"{each.name:<20} {each.identifier:<34} {each.display_name.fr}{protocols}{suspended}")
        if not found:
            echo("No application is registered." if not after else f"No application follows {after}.", err=True)
        elif len(found) == limit:
            echo(f"There may be more: --after {found[-1].name}", err=True)


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@json_option
@click.pass_obj
def show(installation: OpensRegistrationService, name: str, *, in_json: bool) -> None:
    """Show the application NAME as the equivalent registration file.

    NAME is the application's name, its client_id or its entity id.
    """
    with _errors_as_exit_codes(in_json=in_json):
        service = installation.registration_service()
        found = service.registry.named(name)
        if in_json:
            write(as_json(found))
            return
        print_terms(service, found)


@application.command("rotate-secret", epilog=EXIT_CODES)
@click.argument("name")
@click.option(
    "--overlap",
    type=click.IntRange(0, LONGEST_OVERLAP.days * 24),
    default=int(SECRET_OVERLAP.total_seconds() // 3600),
    show_default=True,
    metavar="HOURS",
    help="How long the previous secret still works.",
)
@click.option("--at-once", is_flag=True, help="The previous secret stops working now, because it may have leaked.")
@_secret_file
@json_option
@click.pass_obj
def rotate_secret(
    installation: OpensRegistrationService,
    name: str,
    overlap: int,
    secret_file: Path | None,
    *,
    at_once: bool,
    in_json: bool,
) -> None:
    """Make a new secret for the application NAME.

    The previous secret still works for a day by default, so that people can log
    in until the application has the new one.
    """
    with _errors_as_exit_codes(in_json=in_json), SecretFile.next_to(secret_file) as kept:
        service = installation.registration_service()
        hours = timedelta(hours=0 if at_once else overlap)
        rotated = service.registry.rotate_secret(name, actor=Actor.command_line(), overlap=hours)
        kept.keep(rotated.secret)
        until = rotated.previous_good_until
        if in_json:
            answer = as_json(rotated.application, kept.shown(rotated.secret))
            write(answer | {"previous_secret_good_until": json_time(until)})
            return
        echo(f"{rotated.application.name} has a new secret")
        echo(f"  client_id      {rotated.application.client_id}")
        print_secret(rotated.secret, kept)
        if until is None:
            echo("The previous secret no longer works.")
        else:
            echo(f"The previous secret works until {utc_time(until)}.")


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@json_option
@click.pass_obj
def suspend(installation: OpensRegistrationService, name: str, *, in_json: bool) -> None:
    """Suspend the application NAME: nobody can log in to it until it is resumed."""
    with _errors_as_exit_codes(in_json=in_json):
        suspended = installation.registration_service().registry.suspend(name, actor=Actor.command_line())
        if in_json:
            write(as_json(suspended))
        else:
            echo(f"{suspended.name} is suspended. To resume it: idp application resume {suspended.name}")


@application.command(epilog=EXIT_CODES)
@click.argument("name")
@json_option
@click.pass_obj
def resume(installation: OpensRegistrationService, name: str, *, in_json: bool) -> None:
    """Resume the application NAME: people can log in to it again."""
    with _errors_as_exit_codes(in_json=in_json):
        resumed = installation.registration_service().registry.resume(name, actor=Actor.command_line())
        if in_json:
            write(as_json(resumed))
        else:
            echo(f"{resumed.name} is resumed")


@contextmanager
def _errors_as_exit_codes(*, in_json: bool) -> Iterator[None]:
    """Turn an error into a message and an exit code."""
    with registration_errors_as_exit_codes(in_json=in_json):
        try:
            yield
        except HasNoSecret as wrong:
            stop(ExitCode.REFUSED, "has_no_secret", str(wrong), in_json=in_json)
        except NoSuchApplication as wrong:
            stop(ExitCode.NOT_FOUND, "not_found", str(wrong), in_json=in_json)
        except AlreadyRegistered as wrong:
            stop(ExitCode.CONFLICT, "already_registered", str(wrong), in_json=in_json)
