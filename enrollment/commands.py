"""The `enrollment` command: what an operator of the machine does, unattended or by hand.

The groups live with what they act on; here they are put together, and given the
services lazily, so that `--help` opens nothing.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from config import logging_setup, service_commands
from config.commands import LazyGroup
from config.service_commands import Installation as ServiceInstallation
from config.start_checks import refuse_unusable
from enrollment.journal_rules import JOURNAL_RULES
from enrollment.settings import EnrollmentSettings

if TYPE_CHECKING:  # imported where they are used: `serve` needs none of them, and runs for months
    from sqlalchemy import MetaData

    from config.sql.migrations import Migrations
    from enrollment.container import Services
    from enrollment.delivery.outbox import Outbox
    from enrollment.invitations.invitations import Invitations
    from enrollment.offer import Offers
    from enrollment.office.rules import Rules

GROUPS = {
    "audit": "enrollment.audit_commands:audit",
    "backup": "config.backup.commands:backup",
    "delivery": "enrollment.delivery.commands:delivery",
    "demo-requests": "enrollment.demo:demo_requests",
    "invitation": "enrollment.invitations.commands:invitation",
    "keys": "enrollment.key_commands:keys",
    "person": "enrollment.person_commands:person",
    "register": "enrollment.register.commands:register",
    "request": "enrollment.office.request_commands:request",
    "restore": "config.backup.commands:restore",
    "rule": "enrollment.office.rule_commands:rule",
}
DELIVERY_THREADS = 2


class Installation(ServiceInstallation[EnrollmentSettings]):
    """What the commands act on."""

    service = "enrollment"

    @property
    def migrations(self) -> "Migrations":
        from enrollment.migrations import MIGRATIONS

        return MIGRATIONS

    @property
    def tables(self) -> "MetaData":
        from enrollment.migrations.tables import metadata

        return metadata()

    @cached_property
    def services(self) -> "Services":
        from config.redis.embedded import redis_for_a_command
        from enrollment.container import Services

        self._closing.enter_context(redis_for_a_command(self.settings))
        return Services.of(self.settings, self.database)

    @property
    def outbox(self) -> "Outbox":
        return self.services.outbox

    @property
    def invitations(self) -> "Invitations":
        return self.services.invitations

    @property
    def offers(self) -> "Offers":
        return self.services.offers

    @property
    def rules(self) -> "Rules":
        from enrollment.office.rules import Rules

        return Rules(self.settings)


@click.group(cls=LazyGroup, imported=GROUPS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The settings file; otherwise the one ENROLLMENT_SETTINGS names, and ENROLLMENT_<NAME> variables.",
)
@click.version_option(package_name="poterne", prog_name="enrollment")
@click.pass_context
def enrollment(context: click.Context, settings_file: Path | None) -> None:
    """Poterne, the service where people ask for an account."""
    context.obj = Installation(EnrollmentSettings, settings_file, context.with_resource(ExitStack()))


@enrollment.command()
@click.pass_obj
def serve(installation: Installation) -> None:
    """Run the service: web workers, jobs, and the private redis-server when no address is set."""
    from config.server.service import ServiceProcesses

    service_commands.serve(installation, ServiceProcesses.of("enrollment", EnrollmentSettings))


@enrollment.command()
@click.pass_obj
def jobs(installation: Installation) -> None:
    """Run the work outside requests, alone: letters, deliveries, purges, the audit trail's seals."""
    from config.mail import warn_of_mail_server
    from config.metrics import serving_metrics
    from config.server.job_runner import Sealing, run_until_signal
    from enrollment.audit_kinds import VOCABULARY
    from enrollment.retention import Retention

    refuse_unusable(installation.settings)
    services = installation.services
    logging_setup.configure(installation.settings, JOURNAL_RULES)
    with serving_metrics(installation.settings, services.audit, VOCABULARY):
        run_until_signal(
            Sealing(services.database, services.store, services.encryption),
            services.jobs,
            lambda _stop: warn_of_mail_server(installation.settings),
            Retention(services.settings, services.database, services.audit).run_forever,
            services.reminders.run_forever,
            calls=services.deliveries,
            call_threads=DELIVERY_THREADS,
        )


enrollment.add_command(service_commands.migrate)


def main(arguments: Sequence[str] | None = None) -> None:
    """The console script."""
    service_commands.run(enrollment, arguments)
