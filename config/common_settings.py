"""The settings that every service has: its name and help line, stores, proxies, mail.

The settings of a service derive from `CommonSettings`, as in `idp/settings.py`.
`load` reads them; nothing else reads the environment. `settings_reader.py` declares
and reports settings. The reference page and the example files are generated.
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
from config.conditions import ConditionsRefused, read_conditions
from config.settings_checks import is_loopback, is_too_wide
from config.settings_reader import SettingsError, read, setting, without_prefix
from config.text_files import why_open


class Environment(StrEnum):
    """The environment of this installation; insecure settings are refused outside `development`."""

    DEVELOPMENT = "development"
    RECETTE = "recette"
    PRODUCTION = "production"


class WebServer(StrEnum):
    """The WSGI servers that can run a service."""

    GRANIAN = "granian"
    GUNICORN = "gunicorn"


class MailTransport(StrEnum):
    """How e-mails are sent: by SMTP, or into a folder that the demonstration shows on a page."""

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
    """The settings that every service of an installation has."""

    environment_prefix: ClassVar[str]
    """The prefix of a service's environment variables: with `POTERNE_`, `POTERNE_REGION` is the setting `region`."""

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
        doc="The text in the logo, if the logo contains the region's name: pages then show the logo alone, with this "
        "text alternative. Empty: pages show the name beside the logo.",
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
        doc="The time zone of times on pages: a tz database name.",
    )
    accessibility: Accessibility = setting(
        Accessibility.NOT_AUDITED,
        group="Installation",
        doc="The result of your RGAA audit, shown at the foot of each page: `non` (as the law requires before an "
        "audit), `partiellement` or `totalement`.",
    )
    conditions_folder: Path = setting(
        Path(),
        group="Installation",
        doc="The folder of the conditions of use: for each version a file in each language, such as `4.fr.txt` and "
        "`4.en.txt`. The greatest version is the current one. Empty: a text of an invented region, for development, "
        "which nobody is asked to accept at a login.",
    )
    data_folder: Path = setting(
        Path("var"),
        group="Installation",
        doc="The folder of SQLite, the private Redis and e-mails. On a local disk only.",
    )
    key_encryption_key_file: Path = setting(
        Path(),
        group="Installation",
        doc="The file of the key-encryption key (`keys make-encryption-key` makes one). Keep and back it up apart from "
        "the database. In development, a missing file is made in the data folder.",
    )
    audit_retention: timedelta = setting(
        timedelta(days=1095),
        group="Installation",
        doc="How long entries of the audit trail are kept: `audit prune` deletes no younger entry.",
    )
    audit_personal_retention: timedelta = setting(
        timedelta(days=365),
        group="Installation",
        doc="How long the login, address and user agent in them are kept: `audit erase` erases none in younger "
        "entries.",
    )
    log_level: str = setting(
        "INFO", group="Installation", check=checks.level, doc="The lowest level that the journal records."
    )

    # --- card ---------------------------------------------------------------------
    card_offered: bool = setting(
        False,
        group="Card",
        doc="Whether people can use a professional card (CPS), with its reader and its PIN: to log in at the identity "
        "provider, to fill in a request at enrollment.",
    )
    card_bridge_ports: tuple[int, ...] = setting(
        (16731, 16732, 16733, 16734),
        group="Card",
        check=checks.ports,
        doc="The ports of 127.0.0.1 on which the card software of a workstation may listen, the usual one first. "
        "The pages that read a card may call them, and no other page may.",
    )

    # --- stores --------------------------------------------------------------------
    database_url: str = setting(
        "",
        group="Stores",
        check=checks.database_url,
        secret=True,
        doc="`postgresql+psycopg://user:password@host/name`. Of several servers, written "
        "`@/name?host=one:5432&host=two:5432`, the primary is used. Empty: SQLite in the data folder.",
    )
    redis_url: str = setting(
        "",
        group="Stores",
        check=checks.redis_url,
        secret=True,
        doc="A `redis://` or `rediss://` address, or a `unix://` socket. Empty, without `redis_sentinels`: the service "
        "starts a private redis-server.",
    )
    private_redis_memory: int = setting(
        512,
        group="Stores",
        doc="The memory of the private Redis, in MiB. When it is full, Redis refuses new data, and the readiness "
        "check reports it.",
    )
    redis_sentinels: tuple[str, ...] = setting(
        (),
        group="Stores",
        check=checks.addresses,
        doc="The `host:port` of each Redis or Valkey Sentinel, instead of `redis_url`. They tell which server is the "
        "primary, also after a failover.",
    )
    redis_primary_name: str = setting(
        "mymaster", group="Stores", check=checks.line, doc="The name of the primary in the Sentinels' configuration."
    )
    redis_username: str = setting(
        "", group="Stores", check=checks.line, doc="The account on the Redis servers, with Sentinels."
    )
    redis_password: str = setting(
        "", group="Stores", check=checks.secret, secret=True, doc="The password of `redis_username`."
    )
    redis_sentinel_password: str = setting(
        "", group="Stores", check=checks.secret, secret=True, doc="The password of the Sentinels."
    )
    redis_tls: bool = setting(False, group="Stores", doc="Whether to use TLS with the Sentinels and their servers.")
    redis_replicas_confirm: int = setting(
        1,
        group="Stores",
        check=checks.not_negative,
        doc="With Sentinels: the number of replicas that must confirm a write that may not be lost (a redeemed code, "
        "an ended session). With 0, a failover may undo the writes of the last second.",
    )

    # --- serving -------------------------------------------------------------------
    host: str = setting("127.0.0.1", group="Serving", check=checks.host, doc="The address that the service listens on.")
    port: int = setting(8400, group="Serving", check=checks.port, doc="The port that `serve` listens on.")
    web_server: WebServer = setting(WebServer.GRANIAN, group="Serving", doc="`granian` or `gunicorn`.")
    workers: int = setting(2, group="Serving", check=checks.a_few, doc="Worker processes.")
    threads: int = setting(2, group="Serving", check=checks.a_few, doc="Threads a worker.")
    backpressure: int = setting(
        1024,
        group="Serving",
        doc="The most connections that a worker accepts; others wait at the socket. A request occupies a thread only "
        "after it has arrived completely.",
    )
    metrics_port: int = setting(
        0,
        group="Serving",
        check=checks.port_or_none,
        doc="The port on 127.0.0.1 that serves `/metrics` for Prometheus. Do not expose it through a proxy. 0: no "
        "metrics.",
    )
    trusted_proxies: tuple[str, ...] = setting(
        (),
        group="Serving",
        check=checks.networks,
        doc="The addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are trusted.",
    )
    plain_http_cookies: bool = setting(
        False, group="Serving", doc="Development only: cookies without Secure, for scripts that use plain http."
    )

    # --- mail ----------------------------------------------------------------------
    mail_transport: MailTransport = setting(
        MailTransport.SMTP, group="Mail", doc="`smtp`, or `folder` (development only: e-mails shown on a page)."
    )
    mail_from: str = setting(
        "", group="Mail", check=checks.sender, doc="The sender: `id@exemple.test`, or `Name <id@exemple.test>`."
    )
    smtp_host: str = setting("localhost", group="Mail", check=checks.host, doc="The SMTP server.")
    smtp_port: int = setting(25, group="Mail", check=checks.port, doc="The port of the SMTP server.")
    smtp_security: SmtpSecurity = setting(SmtpSecurity.STARTTLS, group="Mail", doc="`none`, `starttls` or `tls`.")
    smtp_username: str = setting(
        "", group="Mail", check=checks.line, doc="The SMTP account, if the server requires one."
    )
    smtp_password: str = setting(
        "", group="Mail", check=checks.secret, secret=True, doc="The password of `smtp_username`."
    )

    @property
    @abstractmethod
    def origin(self) -> str:
        """The public address of the service, such as `https://id.example`. It is never taken from a request."""

    @property
    def metrics_folder(self) -> Path:
        """The folder in which the processes of the service store their counters."""
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
        """The settings of this service.

        They are read from `file` (by default the file that `<prefix>SETTINGS` names), from the environment
        variables `<prefix><NAME>`, and from `given`; each source overrides the one before it.

        Raises:
            SettingsError: with every problem and the name of its setting.
        """
        variables = without_prefix(os.environ if environment is None else environment, cls.environment_prefix)
        named = variables.pop("settings", "")
        if file is None and named:
            file = Path(named)
        if file is None and not variables and not given:
            raise SettingsError(
                [f"no settings: give --settings FILE, or name the file in {cls.environment_prefix}SETTINGS"]
            )
        settings = read(cls, file=file, variables=variables, given=given)
        problems = list(settings.contradictions())
        if file is not None and not settings.is_development and (why := why_open(file, file.stat())):
            problems.append(f"{file}: {why}")
        if problems:
            raise SettingsError(problems)
        return settings

    def contradictions(self) -> Iterator[str]:
        """The problems of settings that are valid alone and contradict each other. A service adds its own."""
        if not self.is_development:
            yield from self._too_lenient()
            if self.plain_http_cookies:
                yield "plain_http_cookies: for the development environment only"
            if self.mail_transport is MailTransport.FOLDER:
                yield "mail_transport: folder is for the development environment only"
            if self.key_encryption_key_file == Path():
                yield "key_encryption_key_file: must be set outside the development environment"
        if self.mail_transport is MailTransport.SMTP and not self.mail_from:
            yield "mail_from: must be set when e-mails are sent by SMTP"
        try:
            read_conditions(self.conditions_folder)
        except ConditionsRefused as refused:
            yield f"conditions_folder: {refused}"
        if self.redis_url and self.redis_sentinels:
            yield "redis_sentinels: must not be set together with redis_url"

    def _too_lenient(self) -> Iterator[str]:
        """The settings that are allowed on a developer's machine only."""
        if wide := [network for network in self.trusted_proxies if is_too_wide(network)]:
            yield (
                f"trusted_proxies: {', '.join(wide)} contains machines of strangers, who could write any address into "
                "X-Forwarded-For: list the proxies only"
            )
        is_by_smtp = self.mail_transport is MailTransport.SMTP
        if is_by_smtp and self.smtp_security is SmtpSecurity.NONE and not is_loopback(self.smtp_host):
            yield "smtp_security: none is for a server on this machine: e-mails contain links that open accounts"
