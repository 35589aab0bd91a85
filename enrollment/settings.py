"""The settings of enrollment, beside those that every service has (`config/common_settings.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from config import settings_checks as checks
from config.common_settings import CommonSettings
from config.settings_checks import is_loopback
from config.settings_reader import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentSettings(CommonSettings):
    """Everything that an installation decides for enrollment."""

    environment_prefix: ClassVar[str] = "ENROLLMENT_"

    # --- enrollment ----------------------------------------------------------------
    address: str = setting(
        group="Enrollment",
        check=checks.origin,
        doc="The public address of the service, an origin such as `https://inscription.example`. Every address we "
        "write starts with it; it never comes from a request.",
    )
    announced_working_days: int = setting(
        3,
        group="Enrollment",
        check=checks.a_few,
        doc="Within how many working days people are told that an operator answers.",
    )

    # --- identity provider ---------------------------------------------------------
    idp_issuer: str = setting(
        group="Identity provider",
        check=checks.origin,
        doc="The address of the identity provider, its `issuer`. Operators sign in there, and accepted requests are "
        "delivered there.",
    )
    idp_secret_file: Path = setting(
        Path(),
        group="Identity provider",
        doc="The file whose first line is the secret that opens the identity provider's interface for enrollment: a "
        "copy of the file that its own `enrollment_secret_file` names.",
    )
    client_id: str = setting(
        "enrollment",
        group="Identity provider",
        check=checks.line,
        doc="The `client_id` under which enrollment is registered there, for operators to sign in.",
    )
    client_secret_file: Path = setting(
        Path(), group="Identity provider", doc="The file that holds the client secret of that registration."
    )

    # --- installation --------------------------------------------------------------
    data_folder: Path = setting(
        Path("var/enrollment"),
        group="Installation",
        doc="Where SQLite, the private Redis and letters are kept: a folder of enrollment's own. Local disk only.",
    )

    # --- serving -------------------------------------------------------------------
    port: int = setting(8401, group="Serving", check=checks.port, doc="The port that `serve` listens on.")

    # --- requests ------------------------------------------------------------------
    draft_lifetime: timedelta = setting(
        timedelta(days=30),
        group="Requests",
        doc="A request that was begun and not sent is removed when nothing has been added to it for this long.",
    )
    email_link_lifetime: timedelta = setting(
        timedelta(hours=72),
        group="Requests",
        doc="How long the link that verifies an e-mail address is good; the request is then removed.",
    )
    more_asked_lifetime: timedelta = setting(
        timedelta(days=14),
        group="Requests",
        doc="How long a person has to answer when an operator asks for more; the request then lapses.",
    )
    invitation_lifetime: timedelta = setting(
        timedelta(days=30),
        group="Requests",
        doc="How long an invitation is good, unless the operator says another day.",
    )
    reminder_after: timedelta = setting(
        timedelta(days=3),
        group="Requests",
        doc="After how long those who answer for a part are reminded of it, unless its rule says otherwise.",
    )
    escalation_after: timedelta = setting(
        timedelta(days=7),
        group="Requests",
        doc="After how long administrators are told of it, unless its rule says otherwise.",
    )
    lapse_after: timedelta = setting(
        timedelta(days=60),
        group="Requests",
        doc="After how long a request that nobody decides lapses, unless a rule says otherwise.",
    )

    # --- retention -----------------------------------------------------------------
    delivered_retention: timedelta = setting(
        timedelta(days=90),
        group="Retention",
        doc="How long a request is kept whole once what was accepted has been delivered. Its decision then stays, "
        "without the person, as long as the audit trail (`audit_retention`).",
    )
    refused_retention: timedelta = setting(
        timedelta(days=180),
        group="Retention",
        doc="How long a request of which every part was refused is kept whole; then the same.",
    )
    withdrawn_retention: timedelta = setting(
        timedelta(days=30),
        group="Retention",
        doc="How long a request that was withdrawn, or has lapsed, is kept whole, and an invitation that has ended.",
    )

    # --- operators -----------------------------------------------------------------
    operators_email: str = setting(
        "",
        group="Operators",
        check=checks.email,
        doc="The mailbox of the operators, which is reminded of requests that wait, for what has approvers of its "
        "own and for what has none. Empty: the queue alone shows it.",
    )
    administrators_email: str = setting(
        "",
        group="Operators",
        check=checks.email,
        doc="The mailbox that is told of requests that wait for too long. Empty: that of the operators.",
    )
    operator_may_decide: bool = setting(
        False,
        group="Operators",
        doc="Whether the operator who filled in a request with the person may be its only approver, where a rule asks "
        "for one. Otherwise another operator decides.",
    )
    invitations_per_hour: int = setting(
        500,
        group="Operators",
        check=checks.positive,
        doc="How many people one operator invites in an hour, by the pages; the command line has no such limit. It "
        "bounds what a stolen session can mail.",
    )
    operator_session_idle: timedelta = setting(
        timedelta(minutes=30), group="Operators", doc="An operator's session unused for this long has ended."
    )
    operator_session_absolute: timedelta = setting(
        timedelta(hours=4), group="Operators", doc="An operator's session ends at this age, used or not."
    )

    @property
    def origin(self) -> str:
        return self.address

    def contradictions(self) -> Iterator[str]:
        for name, address in (("address", self.address), ("idp_issuer", self.idp_issuer)):
            is_local = is_loopback(urlsplit(address).hostname or "")
            if not address.startswith("https:") and not (self.is_development and is_local):
                yield f"{name}: must be https (http is for a loopback address in the development environment)"
            if self.is_development and not is_local:
                yield (
                    f"{name}: development is for this machine, whose addresses are such as http://127.0.0.1:8401; "
                    "write recette or production as the environment"
                )
        if self.address == self.idp_issuer:
            yield "address: must not be the identity provider's: enrollment is another origin"
        yield from CommonSettings.contradictions(self)  # `super()` does not know the class that slots=True makes
        if not self.is_development:
            for name in ("idp_secret_file", "client_secret_file"):
                if getattr(self, name) == Path():
                    yield f"{name}: must be set outside the development environment"
        if self.operator_session_idle > self.operator_session_absolute:
            yield "operator_session_idle: must not be longer than operator_session_absolute"
        if not self.reminder_after <= self.escalation_after <= self.lapse_after:
            yield "reminder_after, escalation_after, lapse_after: each must be at least as long as the one before"
