"""The `idp` command: what an operator does, unattended or by hand. Each command is a function of the service itself.

The groups live with what they act on; here they are put together, and given the
services lazily, so that `--help` opens nothing.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config import logging_setup
from config.command_options import json_option
from config.commands import ExitCode, LazyGroup, echo, stop, write
from config.private_files import keep_files_private
from config.settings_reader import SettingsError
from config.start_checks import refuse_unusable
from idp.journal_rules import JOURNAL_RULES
from idp.settings import Settings

if TYPE_CHECKING:  # imported where they are used: `serve` needs none of them, and runs for months
    from sqlalchemy import MetaData

    from config.sql.database import Database
    from idp.accounts.communities import Communities
    from idp.accounts.operators import Operators
    from idp.accounts.service import AccountService
    from idp.container.services import Services
    from idp.saml.sp_metadata.service import MetadataService
    from relying_parties.registry.service import RegistrationService

ELSEWHERE = {
    "account": "idp.accounts.commands:account",
    "application": "relying_parties.registry.commands:application",
    "audit": "idp.audit_commands:audit",
    "backup": "idp.backup.commands:backup",
    "community": "idp.accounts.community_commands:community",
    "demo": "idp.demo.command:demo",
    "keys": "idp.keys.commands:keys",
    "metadata": "idp.saml.sp_metadata.commands:metadata",
    "operator": "idp.accounts.operator_commands:operator",
    "restore": "idp.backup.commands:restore",
}


class Installation:
    """What the commands act on, opened when a command first needs it and closed when it ends."""

    def __init__(self, settings_file: Path | None, closing: ExitStack) -> None:
        self._settings_file = settings_file
        self._closing = closing

    @cached_property
    def settings(self) -> Settings:
        return Settings.load(self._settings_file)

    @property
    def environment(self) -> dict[str, str]:
        """What child processes read the same settings from."""
        named = {"POTERNE_SETTINGS": str(self._settings_file.resolve())} if self._settings_file else {}
        return {**os.environ, **named}

    @cached_property
    def database(self) -> "Database":
        """Brought up to date first: the first command of a new installation works like any other."""
        from config.sql.database import Database
        from idp.migrations import MIGRATIONS

        database = Database.open(self.settings)
        self._closing.callback(database.close)
        MIGRATIONS.migrate(database)
        return database

    @property
    def tables(self) -> "MetaData":
        from idp.migrations.tables import metadata

        return metadata()

    @cached_property
    def services(self) -> "Services":
        from config.redis.embedded import redis_for_a_command
        from idp.container.services import Services

        self._closing.enter_context(redis_for_a_command(self.settings))
        return Services.of(self.settings, self.database)

    def registration_service(self) -> "RegistrationService":
        from idp.attribute_release import release_report
        from relying_parties.registry.service import RegistrationService

        services = self.services
        return RegistrationService(
            registry=services.registry,
            capabilities=services.capabilities,
            issuer=self.settings.issuer,
            metadata_fetcher=self.metadata_service().lookup,
            release_report=release_report,
        )

    def metadata_service(self) -> "MetadataService":
        from idp.saml.sp_metadata.service import MetadataService

        services = self.services
        return MetadataService.of(self.settings, services.database, services.audit, services.registry)

    def account_service(self) -> "AccountService":
        return self.services.account_service

    def communities(self) -> "Communities":
        return self.services.communities

    def operators(self) -> "Operators":
        return self.services.operators

    def find_application(self, name: str) -> str | None:
        """The identifier of the application that has this name or this identifier."""
        registry = self.services.registry
        found = registry.by_name(name) or registry.by_identifier(name)
        return found.identifier if found else None


@click.group(cls=LazyGroup, imported=ELSEWHERE, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The settings file; otherwise the one POTERNE_SETTINGS names, and POTERNE_<NAME> variables.",
)
@click.version_option(package_name="poterne", prog_name="idp")
@click.pass_context
def idp(context: click.Context, settings_file: Path | None) -> None:
    """Poterne, the identity provider."""
    context.obj = Installation(settings_file, context.with_resource(ExitStack()))


@idp.command()
@click.pass_obj
def serve(installation: Installation) -> None:
    """Run the service: web workers, jobs, and the private redis-server when no address is set."""
    from idp.server.listening import CannotListen
    from idp.server.supervisor import serve as run

    refuse_unusable(installation.settings)
    try:
        status = run(installation.settings, environment=installation.environment)
    except CannotListen as wrong:
        stop(ExitCode.REFUSED, "port", str(wrong))
    sys.exit(status)


@idp.command()
@click.pass_obj
def jobs(installation: Installation) -> None:
    """Run the work outside requests, alone: letters, notices, service providers' metadata, the audit trail's seals."""
    from config.mail import warn_of_mail_server
    from config.metrics import Metrics, serving
    from idp.audit_kinds import VOCABULARY
    from idp.container.logout import single_logout
    from idp.keys.key_jobs import KeyJobs
    from idp.server.job_runner import run_until_signal

    refuse_unusable(installation.settings)
    services = installation.services
    logging_setup.configure(installation.settings, JOURNAL_RULES)
    single_logout(services)
    metadata_schedule = installation.metadata_service().schedule()
    with ExitStack() as stack:
        if port := installation.settings.metrics_port:
            metrics = Metrics.in_folder(installation.settings.metrics_folder, VOCABULARY)
            services.audit.count_lines(metrics.count_line)
            stack.enter_context(serving(installation.settings.metrics_folder, port))
        run_until_signal(
            services.database,
            services.store,
            services.encryption,
            services.jobs,
            services.notices,
            lambda _stop: warn_of_mail_server(installation.settings),
            metadata_schedule.run_forever,
            KeyJobs(services.keys, services.key_rotation).run_forever,
        )


@idp.command()
@click.pass_obj
def migrate(installation: Installation) -> None:
    """Bring the database's tables up to date, if they are not."""
    from config.sql.database import Database
    from idp.migrations import MIGRATIONS

    database = Database.open(installation.settings)
    changed = MIGRATIONS.migrate(database)
    database.close()
    echo("The tables are now up to date." if changed else "The tables were already up to date.")


@idp.command()
@click.argument("reference")
@json_option
@click.pass_obj
def fault(installation: Installation, reference: str, *, in_json: bool) -> None:
    """Show what was received and what was registered or expected, by the REFERENCE that an error page shows.

    \b
    Exit codes: 0 found, 3 unknown or older than a day, 5 a store does not answer
    """
    found = installation.services.faults.find(reference)
    if found is None:
        unknown = f"No fault of the last day has the reference {reference}."
        stop(ExitCode.NOT_FOUND, "not_found", unknown, in_json=in_json)
    if in_json:
        write(asdict(found))
        return
    echo(f"fault       {found.fault}")
    echo(f"received    {found.received or '(nothing)'}")
    for address in found.registered:
        echo(f"registered  {address}")
    for words in found.expected:
        echo(f"expected    {words}")
    if meant := get_close_matches(found.received, found.registered, n=1):
        echo(f"nearest     {meant[0]}")


@contextmanager
def _problems_told() -> Iterator[None]:
    """What any command can meet: settings, keys or files that cannot be used, a newer schema, a store that is away."""
    try:
        yield
    except SettingsError as wrong:
        stop(ExitCode.REFUSED, "settings", wrong.problems)
    except _refusals() as wrong:
        stop(ExitCode.REFUSED, "refused", str(wrong))
    except OSError as wrong:
        if wrong.filename is None:
            raise
        stop(ExitCode.REFUSED, "file", f"{wrong.filename}: {os.strerror(wrong.errno or 0)}")
    except _unavailable() as away:
        stop(ExitCode.UNAVAILABLE, "unavailable", f"A store does not answer: {away}{_reason(away)}")


def _refusals() -> tuple[type[Exception], ...]:
    """Asked for when there is an exception, and imported then."""
    from config.encryption import EncryptionError
    from config.sql.database import UnfitDatabase
    from config.sql.migrations import SchemaTooNew

    return EncryptionError, SchemaTooNew, UnfitDatabase


def _unavailable() -> tuple[type[Exception], ...]:
    from config.redis.embedded import EmbeddedRedisError
    from config.redis.store import StoreUnavailable
    from config.sql.database import DatabaseUnavailable

    return DatabaseUnavailable, StoreUnavailable, EmbeddedRedisError


def _reason(away: Exception) -> str:
    """The first line of what the driver says: it names hosts, users and files, which are an operator's to know."""
    said = str(getattr(away.__cause__, "orig", "")).partition("\n")[0]
    return f" ({said[:300]})" if said else ""


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script."""
    keep_files_private()
    with _problems_told():
        idp.main(arguments)
