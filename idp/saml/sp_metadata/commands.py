"""The commands `idp metadata ...`: sources of metadata, refresh, status, and checks of a document.

Each command calls `MetadataService`. The `idp` command passes an object to click that creates the service when a
command needs it (`ProvidesMetadataService`), so that `--help` opens no database.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from config.actor import Actor
from config.command_options import exit_codes, json_option, page_options
from config.commands import CommandGroup, ExitCode, echo, json_time, stop, utc_time, write
from config.text_files import FileRefused, NotText, read_text
from idp.saml.sp_metadata.faults import MetadataRefused
from idp.saml.sp_metadata.monitoring import MetadataStatus, statuses
from idp.saml.sp_metadata.service import MetadataService
from relying_parties.command_errors import registration_errors_as_exit_codes
from relying_parties.problems import Problem, RegistrationProblems, shown
from relying_parties.registry.metadata_models import SourceKind
from relying_parties.registry.metadata_sources import NoSuchSource, SourceInUse

LARGEST_CERTIFICATES = 65_536  # octets

EXIT_CODES = exit_codes(
    not_found="no such source, or no such application", conflict="applications take their metadata from the source"
)

Function = TypeVar("Function", bound=Callable[..., Any])


class ProvidesMetadataService(Protocol):
    """The `obj` that the `idp` command passes to click."""

    def metadata_service(self) -> MetadataService: ...


@click.group(cls=CommandGroup, epilog=EXIT_CODES)
def metadata() -> None:
    """Manage the metadata of SAML service providers: sources, refresh and expiry."""


@metadata.group(cls=CommandGroup, epilog=EXIT_CODES)
def source() -> None:
    """Manage metadata sources: a federation's aggregate, or a metadata query service (MDQ)."""


def _certificate(*, required: bool) -> Callable[[Function], Function]:
    return click.option(
        "--certificate",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        required=required,
        help="The certificates (PEM) that sign the metadata; two while the publisher changes its key.",
    )


@metadata.command("list", epilog=EXIT_CODES)
@page_options(of="applications", default=1000, most=100_000)
@click.option("--warnings", "only_warnings", is_flag=True, help="List only those that need attention.")
@json_option
@click.pass_obj
def list_metadata(
    installation: ProvidesMetadataService, after: str, limit: int, *, only_warnings: bool, in_json: bool
) -> None:
    """List every source and SAML application with its last refresh, validity and state."""
    with _errors_as_exit_codes(in_json=in_json):
        service = installation.metadata_service()
        all_of_them = statuses(service.sources, service.followers, datetime.now(UTC), after=after)
        found = list(islice((each for each in all_of_them if each.warnings or not only_warnings), limit))
        if in_json:
            write([_as_json(each) for each in found])
            return
        for each in found:
            refreshed = utc_time(each.refreshed_at) if each.refreshed_at else "never"
            until = utc_time(each.valid_until) if each.valid_until else "without end"
            echo(f"{each.name:<20} {each.kind:<20} {refreshed:<21} {until:<21} {each.state}")
        if not found:
            echo("No warnings." if only_warnings else "No source and no SAML application is registered.", err=True)
        elif len(found) == limit:
            echo(f"The list may continue: idp metadata list --after {found[-1].name}", err=True)


@metadata.command(epilog=EXIT_CODES)
@click.argument("name", required=False)
@click.option("--accept-older", is_flag=True, help="Accept a document older than the one in force.")
@json_option
@click.pass_obj
def refresh(installation: ProvidesMetadataService, name: str | None, *, accept_older: bool, in_json: bool) -> None:
    """Fetch the metadata of the source or application NAME now. Without NAME, fetch all metadata that are due."""
    with _errors_as_exit_codes(in_json=in_json):
        service = installation.metadata_service()
        if name is None:
            done = [act() for act in service.refresh.due(datetime.now(UTC))]
        else:
            done = list(service.refresh.named(name, accept_older=accept_older))
        refused = [each for each in done if each.fault]
        if in_json:
            write(
                [
                    {"name": each.name, "changed": list(each.changed), "entities": each.entities, "fault": each.fault}
                    for each in done
                ]
            )
        for each in done if not in_json else ():
            if each.fault:
                continue
            counted = f", {each.entities} service providers" if each.entities else ""
            echo(f"{each.name} is refreshed{counted}{f', {each.message}' if each.message else ''}")
            for changed in each.changed:
                echo(f"  {changed} was amended")
        if not done and not in_json:
            echo("Nothing is due.", err=True)
        if refused:
            messages = [f"{each.name} was not refreshed: {each.message}" for each in refused]
            stop(ExitCode.REFUSED, "metadata_refused", messages, in_json=in_json)


@source.command(epilog=EXIT_CODES)
@click.argument("name")
@click.argument("url")
@_certificate(required=True)
@click.option("--mdq", is_flag=True, help="URL is a metadata query service, which returns one entity at a time.")
@json_option
@click.pass_obj
def add(
    installation: ProvidesMetadataService, name: str, url: str, certificate: Path, *, mdq: bool, in_json: bool
) -> None:
    """Add the source NAME at URL, or change it."""
    with _errors_as_exit_codes(in_json=in_json):
        service = installation.metadata_service()
        kind = SourceKind.MDQ if mdq else SourceKind.AGGREGATE
        declared, changed = service.declare_source(name, kind, url, _text(certificate), actor=Actor.command_line())
        if in_json:
            write({"name": declared.name, "kind": str(declared.kind), "url": declared.url, "changed": changed})
            return
        echo(f"{declared.name} is saved" if changed else f"{declared.name} is unchanged")
        if kind is SourceKind.AGGREGATE and changed:
            echo(f"idp jobs fetches it within five minutes. To fetch it now: idp metadata refresh {declared.name}")


@source.command(epilog=EXIT_CODES)
@click.argument("name")
@json_option
@click.pass_obj
def remove(installation: ProvidesMetadataService, name: str, *, in_json: bool) -> None:
    """Remove the source NAME. No application may still use it."""
    with _errors_as_exit_codes(in_json=in_json):
        service = installation.metadata_service()
        service.sources.remove(name, actor=Actor.command_line())
        if in_json:
            write({"name": name, "removed": True})
        else:
            echo(f"{name} is removed")


@metadata.command(epilog=EXIT_CODES)
@click.argument("where", metavar="FILE-or-URL")
@_certificate(required=False)
@click.option("--entity-id", help="The service provider that it must describe.")
@json_option
@click.pass_obj
def check(
    installation: ProvidesMetadataService,
    where: str,
    certificate: Path | None,
    entity_id: str | None,
    *,
    in_json: bool,
) -> None:
    """Check the metadata in FILE or at URL and report every problem. Nothing is registered.

    Metadata at a URL must be signed: pass the certificate with --certificate.
    """
    with _errors_as_exit_codes(in_json=in_json):
        pem = _text(certificate) if certificate else ""
        checked = installation.metadata_service().check(where, certificate=pem, entity_id=entity_id)
        if checked.problems:
            raise RegistrationProblems(checked.problems)
        until = checked.valid_until
        if in_json:
            write(
                {
                    "entity_id": checked.entity_id or None,
                    "service_providers": checked.service_providers,
                    "valid_until": json_time(until),
                    "notes": list(checked.notes),
                }
            )
            return
        what = checked.entity_id or f"an aggregate of {checked.service_providers} service providers"
        echo(f"{what}: valid{f' until {utc_time(until)}' if until else ', without an end'}")
        for note in checked.notes:
            echo(note, err=True)


def _text(file: Path) -> str:
    try:
        return read_text(file, at_most=LARGEST_CERTIFICATES)
    except (FileRefused, NotText) as wrong:
        raise RegistrationProblems(
            [Problem(field="--certificate", received=shown(str(file)), change=str(wrong))]
        ) from None


def _as_json(snapshot: MetadataStatus) -> dict[str, Any]:
    return {
        "name": snapshot.name,
        "kind": snapshot.kind,
        "refreshed_at": json_time(snapshot.refreshed_at),
        "valid_until": json_time(snapshot.valid_until),
        "state": snapshot.state,
        "warnings": list(snapshot.warnings),
    }


@contextmanager
def _errors_as_exit_codes(*, in_json: bool) -> Iterator[None]:
    """Turn errors into a message and an exit code."""
    with registration_errors_as_exit_codes(in_json=in_json, error="invalid_metadata"):
        try:
            yield
        except MetadataRefused as refused:
            stop(ExitCode.REFUSED, str(refused.fault), refused.change, in_json=in_json)
        except NoSuchSource as wrong:
            stop(ExitCode.NOT_FOUND, "not_found", str(wrong), in_json=in_json)
        except SourceInUse as wrong:
            stop(ExitCode.CONFLICT, "in_use", str(wrong), in_json=in_json)
