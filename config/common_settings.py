"""The settings that every service has: its name and help line, stores, proxies, mail.

A service's own table derives from `CommonSettings` (`idp/settings.py` does) and
is read by its `load`, the only reader of the environment. How a setting is
declared and reported is in `settings_reader.py`; the reference page and the
example files are generated from the tables.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Self

from config import settings_checks as checks
from config.settings_checks import is_loopback, is_too_wide
from config.settings_reader import SettingsError, read, setting, without_prefix
from config.text_files import why_open


class Environment(StrEnum):
    """Where this installation stands; everything lenient is refused outside `development`."""

    DEVELOPMENT = "development"
    RECETTE = "recette"
    PRODUCTION = "production"


class WebServer(StrEnum):
    """The WSGI servers that can run a service."""

    GRANIAN = "granian"
    GUNICORN = "gunicorn"


class MailTransport(StrEnum):
    """How a letter leaves: by SMTP, or into a folder that the demonstration shows on a page."""

    SMTP = "smtp"
    FOLDER = "folder"


class Accessibility(StrEnum):
    """Conformity to the RGAA, in the words that French law prescribes for the foot of each page."""

    NOT_AUDITED = "non"
    PARTIAL = "partiellement"
    FULL = "totalement"


class SmtpSecurity(StrEnum):
    """How the connection to the SMTP server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonSettings(ABC):
    """What an installation decides for any of its services."""

    environment_prefix: ClassVar[str]
    """What a service's variables begin with: `POTERNE_` makes `POTERNE_REGION` the setting `region`."""

    # --- installation --------------------------------------------------------------
    environment: Environment = setting(
        Environment.PRODUCTION,
        group="Installation",
        doc="`production`, `recette` (a visible badge on each page) or `development` (http on loopback allowed).",
    )
    region: str = setting(
        "Poterne", group="Installation", check=checks.line, doc="The name shown at the head of each page."
    )
    region_logo_file: Path = setting(
        Path(),
        group="Installation",
        check=checks.logo,
        doc="The logo beside the name: an SVG or PNG file of at most 20 KB, read at start. Empty: Poterne's mark.",
    )
    region_logo_text: str = setting(
        "",
        group="Installation",
        check=checks.line,
        doc="What is written in the logo, when it holds the region's name: it then stands alone, with this as its text "
        "alternative. Empty: the logo decorates the name beside it.",
    )
    support_phone: str = setting(
        "", group="Installation", check=checks.line, doc="The help line shown at the foot of each page."
    )
    support_email: str = setting(
        "", group="Installation", check=checks.email, doc="The help address shown at the foot of each page."
    )
    time_zone: str = setting(
        "Europe/Paris",
        group="Installation",
        check=checks.time_zone,
        doc="Whose time of day pages say: a tz database name.",
    )
    accessibility: Accessibility = setting(
        Accessibility.NOT_AUDITED,
        group="Installation",
        doc="What your RGAA audit concluded, said at the foot of each page: `non` (the law's word until an audit), "
        "`partiellement` or `totalement`.",
    )
    data_folder: Path = setting(
        Path("var"), group="Installation", doc="Where SQLite, the private Redis and letters are kept. Local disk only."
    )
    key_encryption_key_file: Path = setting(
        Path(),
        group="Installation",
        doc="The file that holds the key-encryption key (`keys make-encryption-key` makes one). Keep it and back it up "
        "apart from the database. In development it is made in the data folder when missing.",
    )
    audit_retention: timedelta = setting(
        timedelta(days=1095),
        group="Installation",
        check=checks.lasting,
        doc="How long lines of the audit trail are kept: the `audit prune` command removes none that is younger.",
    )
    audit_personal_retention: timedelta = setting(
        timedelta(days=365),
        group="Installation",
        check=checks.lasting,
        doc="How long login, address and browser are kept in them: `audit erase` leaves younger lines as they are.",
    )
    log_level: str = setting(
        "INFO", group="Installation", check=checks.level, doc="The least serious journal line written."
    )

    # --- stores --------------------------------------------------------------------
    database_url: str = setting(
        "",
        group="Stores",
        check=checks.database_url,
        secret=True,
        doc="`postgresql+psycopg://user:password@host/name`; with `@/name?host=one:5432&host=two:5432`, the one "
        "of several that takes writes. Empty: SQLite in the data folder.",
    )
    redis_url: str = setting(
        "",
        group="Stores",
        check=checks.redis_url,
        secret=True,
        doc="`redis://` or `rediss://` address, or `unix://` socket. Empty, and no `redis_sentinels`: a private "
        "redis-server of our own.",
    )
    private_redis_memory: int = setting(
        512,
        group="Stores",
        check=checks.positive,
        doc="How many MiB the private Redis may fill; then it refuses what is new, and readiness says so.",
    )
    redis_sentinels: tuple[str, ...] = setting(
        (),
        group="Stores",
        check=checks.addresses,
        doc="`host:port` of each Redis Sentinel (or Valkey's), in place of `redis_url`: they name the primary, and the "
        "one that follows it when it is lost.",
    )
    redis_primary_name: str = setting(
        "mymaster", group="Stores", check=checks.line, doc="What the Sentinels call the primary."
    )
    redis_username: str = setting(
        "", group="Stores", check=checks.line, doc="The account on the servers that the Sentinels name."
    )
    redis_password: str = setting("", group="Stores", check=checks.secret, secret=True, doc="Its password.")
    redis_sentinel_password: str = setting(
        "", group="Stores", check=checks.secret, secret=True, doc="The password of the Sentinels."
    )
    redis_tls: bool = setting(False, group="Stores", doc="Whether the Sentinels and their servers are reached by TLS.")
    redis_replicas_confirm: int = setting(
        1,
        group="Stores",
        check=checks.not_negative,
        doc="With Sentinels: how many replicas must confirm what may never be undone (a code redeemed, a session "
        "ended) before it counts. With 0, the loss of a primary may bring the last second back.",
    )

    # --- serving -------------------------------------------------------------------
    host: str = setting("127.0.0.1", group="Serving", check=checks.host, doc="The address that the service listens on.")
    web_server: WebServer = setting(WebServer.GRANIAN, group="Serving", doc="`granian` or `gunicorn`.")
    workers: int = setting(2, group="Serving", check=checks.a_few, doc="Worker processes.")
    threads: int = setting(2, group="Serving", check=checks.a_few, doc="Threads a worker.")
    backpressure: int = setting(
        1024,
        group="Serving",
        check=checks.positive,
        doc="Connections a worker has open at most; the others wait at the socket. A thread is taken only by a request "
        "that has arrived whole.",
    )
    metrics_port: int = setting(
        0,
        group="Serving",
        check=checks.port_or_none,
        doc="The port of 127.0.0.1 where Prometheus reads `/metrics`; let no proxy pass it on. 0: nothing is counted.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        group="Serving",
        check=checks.networks,
        doc="Addresses or networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.",
    )
    plain_http_cookies: bool = setting(
        False,
        group="Serving",
        doc="Development only: cookies without Secure, for scripts that drive a plain http server.",
    )

    # --- mail ----------------------------------------------------------------------
    mail_transport: MailTransport = setting(
        MailTransport.SMTP, group="Mail", doc="`smtp`, or `folder` (development only: letters shown on a page)."
    )
    mail_from: str = setting(
        "", group="Mail", check=checks.sender, doc="The sender: `id@exemple.test`, or `Name <id@exemple.test>`."
    )
    smtp_host: str = setting("localhost", group="Mail", check=checks.host, doc="The SMTP server.")
    smtp_port: int = setting(25, group="Mail", check=checks.port, doc="Its port.")
    smtp_security: SmtpSecurity = setting(SmtpSecurity.STARTTLS, group="Mail", doc="`none`, `starttls` or `tls`.")
    smtp_username: str = setting(
        "", group="Mail", check=checks.line, doc="The SMTP account, when the server asks for one."
    )
    smtp_password: str = setting("", group="Mail", check=checks.secret, secret=True, doc="Its password.")

    @property
    @abstractmethod
    def origin(self) -> str:
        """The public address of the service, such as `https://id.example`; it never comes from a request."""

    @property
    def metrics_folder(self) -> Path:
        """Where the processes of the service keep their counters."""
        return self.data_folder.absolute() / "metrics"

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the service by https."""
        return self.origin.startswith("https:")

    @property
    def is_development(self) -> bool:
        return self.environment is Environment.DEVELOPMENT

    @property
    def has_private_redis(self) -> bool:
        """Whether the service starts a Redis of its own."""
        return not self.redis_url and not self.redis_sentinels

    @classmethod
    def load(cls, file: Path | None = None, *, environment: Mapping[str, str] | None = None, **given: object) -> Self:
        """The settings of this installation's service.

        They are read from `file` (or the file that `<prefix>SETTINGS` names), then from `<prefix><NAME>`
        variables, then from `given`, each winning over the one before.

        Raises:
            SettingsError: every problem at once, each with the setting's name.
        """
        variables = without_prefix(os.environ if environment is None else environment, cls.environment_prefix)
        named = variables.pop("settings", "")
        if file is None and named:
            file = Path(named)
        settings = read(cls, file=file, variables=variables, given=given)
        problems = list(settings.contradictions())
        if file is not None and not settings.is_development and (why := why_open(file, file.stat())):
            problems.append(f"{file}: {why}")
        if problems:
            raise SettingsError(problems)
        return settings

    def contradictions(self) -> Iterator[str]:
        """What is wrong with settings that are each good alone. A service's table adds its own."""
        if not self.is_development:
            yield from self._too_lenient()
            if self.plain_http_cookies:
                yield "plain_http_cookies: for the development environment only"
            if self.mail_transport is MailTransport.FOLDER:
                yield "mail_transport: folder is for the development environment only"
            if self.key_encryption_key_file == Path():
                yield "key_encryption_key_file: must be set outside the development environment"
        if self.mail_transport is MailTransport.SMTP and not self.mail_from:
            yield "mail_from: must be set when letters leave by SMTP"
        if self.redis_url and self.redis_sentinels:
            yield "redis_sentinels: must not be set together with redis_url"

    def _too_lenient(self) -> Iterator[str]:
        """What is allowed on a developer's machine only."""
        if wide := [network for network in self.trusted_proxies if is_too_wide(network)]:
            yield (
                f"trusted_proxies: {', '.join(wide)} holds strangers, who could write any address in "
                "X-Forwarded-For: name the proxies"
            )
        is_by_smtp = self.mail_transport is MailTransport.SMTP
        if is_by_smtp and self.smtp_security is SmtpSecurity.NONE and not is_loopback(self.smtp_host):
            yield "smtp_security: none is for a server on this machine: letters hold links that open accounts"
