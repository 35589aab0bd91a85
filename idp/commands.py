"""The `idp` command of operators and of systemd: it assembles the groups of commands of each package.

A group of commands lives in the package whose services it calls. `Installation` opens the database and
Redis when a command first needs them: `--help` opens nothing.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config import logging_setup, service_commands
from config.command_options import json_option
from config.commands import ExitCode, LazyGroup, echo, stop, write
from config.service_commands import Installation as ServiceInstallation
from config.start_checks import refuse_unusable
from idp.journal_rules import JOURNAL_RULES
from idp.settings import Settings

if TYPE_CHECKING:  # imported in the functions that use them, because `serve` uses none and runs for months
    from sqlalchemy import MetaData

    from card_bridge.verification.fetching import RevocationFetching
    from config.sql.migrations import Migrations
    from idp.accounts.cards import Cards
    from idp.accounts.communities import Communities
    from idp.accounts.operators import Operators
    from idp.accounts.service import AccountService
    from idp.container.services import Services
    from idp.saml.sp_metadata.service import MetadataService
    from relying_parties.registry.service import RegistrationService

GROUPS = {
    "account": "idp.accounts.commands:account",
    "application": "relying_parties.registry.commands:application",
    "audit": "idp.audit_commands:audit",
    "backup": "config.backup.commands:backup",
    "card": "idp.accounts.card_commands:card",
    "card-listener": "idp.login.methods.card.commands:card_listener",
    "community": "idp.accounts.community_commands:community",
    "demo": "idp.demo.command:demo",
    "keys": "idp.keys.commands:keys",
    "metadata": "idp.saml.sp_metadata.commands:metadata",
    "operator": "idp.accounts.operator_commands:operator",
    "restore": "config.backup.commands:restore",
}
NOTICE_THREADS = 8  # an application whose server does not answer uses at most two of them


class Installation(ServiceInstallation[Settings]):
    """The services that the commands call."""

    service = "idp"

    @property
    def migrations(self) -> "Migrations":
        from idp.migrations import MIGRATIONS

        return MIGRATIONS

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

    def cards(self) -> "Cards":
        return self.services.cards

    def card_revocation(self) -> "RevocationFetching":
        from idp.container.card_revocation import revocation_fetching

        return revocation_fetching(self.services)

    def communities(self) -> "Communities":
        return self.services.communities

    def operators(self) -> "Operators":
        return self.services.operators

    def find_application(self, name: str) -> str | None:
        """The identifier of the application with this name or this identifier; None when there is none."""
        registry = self.services.registry
        found = registry.by_name(name) or registry.by_identifier(name)
        return found.identifier if found else None

    def roles_in(self, identifier: str) -> tuple[str, ...]:
        """The roles that the registration of the application with this identifier lists."""
        found = self.services.registry.by_identifier(identifier)
        return tuple(role.name for role in found.enrollment.roles) if found and found.enrollment else ()


@click.group(cls=LazyGroup, imported=GROUPS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The settings file. By default, the file that the variable POTERNE_SETTINGS names. Variables POTERNE_<NAME> "
    "override its settings.",
)
@click.version_option(package_name="poterne", prog_name="idp")
@click.pass_context
def idp(context: click.Context, settings_file: Path | None) -> None:
    """Poterne, the identity provider."""
    context.obj = Installation(Settings, settings_file, context.with_resource(ExitStack()))


@idp.command()
@click.pass_obj
def serve(installation: Installation) -> None:
    """Run the identity provider: its web workers and its jobs.

    Unless the settings name a Redis, this runs a private redis-server too.
    """
    from config.server.service import ServiceProcesses
    from idp.accounts.passwords.allocator import with_allocator

    if installation.settings.believes_cards:
        from idp.container.cards import trusted_authorities

        trusted_authorities(installation.settings)  # the command stops with every problem before a worker starts
    service_commands.serve(
        installation,
        ServiceProcesses.of("idp", Settings),
        web_environment=with_allocator(installation.environment),
    )


@idp.command()
@click.pass_obj
def jobs(installation: Installation) -> None:
    """Run the jobs without web workers.

    The jobs send e-mails and logout notifications, fetch the metadata of service providers and the revocation lists of
    cards, publish new signing keys and seal the audit trail.
    """
    from config.mail import warn_of_mail_server
    from config.metrics import serving_metrics
    from config.server.job_runner import Sealing, run_until_signal
    from idp.audit_kinds import VOCABULARY
    from idp.container.card_revocation import revocation_fetching, revocation_gauges
    from idp.container.logout import single_logout
    from idp.keys.key_jobs import KeyJobs

    refuse_unusable(installation.settings)
    services = installation.services
    logging_setup.configure(installation.settings, JOURNAL_RULES)
    single_logout(services)
    card_revocation = revocation_fetching(services)
    metadata_schedule = installation.metadata_service().schedule()
    with serving_metrics(installation.settings, services.audit, VOCABULARY, revocation_gauges(services)):
        run_until_signal(
            Sealing(services.database, services.store, services.encryption),
            services.jobs,
            lambda _stop: warn_of_mail_server(installation.settings),
            metadata_schedule.run_forever,
            KeyJobs(services.keys, services.key_rotation).run_forever,
            *([card_revocation.run_forever] if installation.settings.believes_cards else []),
            calls=services.notices,
            call_threads=NOTICE_THREADS,
        )


idp.add_command(service_commands.migrate)


@idp.command()
@click.argument("reference")
@json_option
@click.pass_obj
def fault(installation: Installation, reference: str, *, in_json: bool) -> None:
    """Explain an error page by the REFERENCE that it shows.

    The explanation has the value that was received, and the values that are registered or expected. It is kept for
    one day.

    \b
    Exit codes: 0 found, 3 unknown or older than a day, 5 the database or Redis does not answer
    """
    found = installation.services.faults.find(reference)
    if found is None:
        unknown = f"No explanation of the last day has the reference {reference}. The log may have an entry with it."
        stop(ExitCode.NOT_FOUND, "not_found", unknown, in_json=in_json)
    if in_json:
        write(asdict(found))
        return
    echo(f"fault       {found.fault}")
    echo(f"received    {found.received or '(nothing)'}")
    for address in found.registered:
        echo(f"registered  {address}")
    for expected in found.expected:
        echo(f"expected    {expected}")
    if nearest := get_close_matches(found.received, found.registered, n=1):
        echo(f"nearest     {nearest[0]}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the console script `idp`."""
    service_commands.run(idp, arguments)
