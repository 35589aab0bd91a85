"""The settings: one table, documented where each is declared.

`load` is the only reader of the environment. How a setting is declared and
reported is in `declared.py`; the reference page is generated from this table.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from config import settings_checks as checks
from config.password_cost import floor_in_words, is_below_floor
from config.settings_checks import is_loopback, is_too_wide
from config.settings_reader import SettingsError, read, setting
from config.text_files import why_open


class Environment(StrEnum):
    """Where this installation stands; everything lenient is refused outside `development`."""

    DEVELOPMENT = "development"
    RECETTE = "recette"
    PRODUCTION = "production"


class WebServer(StrEnum):
    """The WSGI servers that `idp serve` can run."""

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


class PasswordPolicyName(StrEnum):
    """Which rules a password obeys (docs/decisions, two password policies)."""

    CNIL_2022 = "cnil-2022"
    LEGACY_IDEOSSO = "legacy-ideosso"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an installation decides, for the identity provider and what it stands on."""

    # --- who and where -------------------------------------------------------------
    environment: Environment = setting(
        Environment.PRODUCTION,
        group="Installation",
        doc="`production`, `recette` (a visible badge on each page) or `development` (http on loopback allowed).",
    )
    issuer: str = setting(
        group="Installation",
        check=checks.issuer,
        doc="The public address of the identity provider, an origin such as `https://id.example`. "
        "Every address we write starts with it; it never comes from a request.",
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
    account_request_url: str = setting(
        "",
        group="Installation",
        check=checks.web_address,
        doc="Where 'ask for an account' leads; empty shows how to reach the help line.",
    )
    card_announced: bool = setting(
        True,
        group="Installation",
        doc="Whether the sign-on page says that the CPS card is to come, until it is there.",
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
        doc="The file that holds the key-encryption key (`idp keys make-encryption-key`). Keep and back it up apart "
        "from the database. In development it is made in the data folder when missing.",
    )
    audit_retention: timedelta = setting(
        timedelta(days=1095),
        group="Installation",
        check=checks.lasting,
        doc="How long lines of the audit trail are kept: `idp audit prune` removes none that is younger.",
    )
    audit_personal_retention: timedelta = setting(
        timedelta(days=365),
        group="Installation",
        check=checks.lasting,
        doc="How long login, address and browser are kept in them: `idp audit erase` leaves younger lines as they are.",
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
    host: str = setting("127.0.0.1", group="Serving", check=checks.host, doc="The address that `idp serve` listens on.")
    port: int = setting(8400, group="Serving", check=checks.port, doc="The port that `idp serve` listens on.")
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

    # --- sessions and tokens ---------------------------------------------------------
    session_idle: timedelta = setting(
        timedelta(minutes=30),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="A session unused for this long has ended.",
    )
    session_absolute: timedelta = setting(
        timedelta(hours=4),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="A session ends at this age, used or not.",
    )
    pending_login_lifetime: timedelta = setting(
        timedelta(minutes=20),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="A login begun and not finished ends after this; the person can prolong it, ten times in all.",
    )
    code_lifetime: timedelta = setting(
        timedelta(seconds=60),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="An authorization code not redeemed by then is void.",
    )
    access_token_lifetime: timedelta = setting(
        timedelta(minutes=5),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="How long an access token opens userinfo.",
    )
    id_token_lifetime: timedelta = setting(
        timedelta(minutes=5),
        group="Sessions and tokens",
        check=checks.lasting,
        doc="How long an ID token may be accepted.",
    )

    # --- single logout -----------------------------------------------------------------
    logout_wait: timedelta = setting(
        timedelta(seconds=1),
        group="Single logout",
        check=checks.lasting,
        doc="How long a signed-out page waits for applications that are told by their servers; later ones are retried.",
    )
    application_answers_within: timedelta = setting(
        timedelta(seconds=3),
        group="Single logout",
        check=checks.lasting,
        doc="How long a call from our server to an application's may take in all.",
    )

    # --- SAML ------------------------------------------------------------------------
    saml_entity_id: str = setting(
        "",
        group="SAML",
        check=checks.entity_id,
        doc="The name that service providers know us by, an absolute URI. Empty: `{issuer}/saml/metadata`. "
        "Each service provider must be told when it changes.",
    )
    saml_scope: str = setting(
        "",
        group="SAML",
        check=checks.scope,
        doc="The domain after the `@` of `subject-id` and `pairwise-id`. Empty: the issuer's host. "
        "People become strangers to service providers when it changes.",
    )
    saml_assertion_lifetime: timedelta = setting(
        timedelta(minutes=5), group="SAML", check=checks.lasting, doc="How long an assertion may be accepted."
    )
    saml_artifact_lifetime: timedelta = setting(
        timedelta(minutes=1),
        group="SAML",
        check=checks.lasting,
        doc="How long a service provider has to fetch what an artifact stands for.",
    )
    saml_request_lifetime: timedelta = setting(
        timedelta(minutes=5), group="SAML", check=checks.lasting, doc="A request issued longer ago is refused."
    )
    saml_clock_skew: timedelta = setting(
        timedelta(minutes=2),
        group="SAML",
        check=checks.not_endless,
        doc="How far a service provider's clock may be from ours, for its requests and for our assertions.",
    )
    saml_metadata_lifetime: timedelta = setting(
        timedelta(days=7),
        group="SAML",
        check=checks.lasting,
        doc="How long a copy of our metadata is good, beyond the day it was made on. An application that follows our "
        "metadata is answered with a new key once that key has been published for longer.",
    )
    saml_metadata_ceiling: timedelta = setting(
        timedelta(days=90),
        group="SAML",
        check=checks.lasting,
        doc="Metadata of service providers, fetched from an address or a source, are refused when they are good for "
        "longer than this: a stolen or old document could be replayed as long.",
    )

    # --- passwords -------------------------------------------------------------------
    password_policy: PasswordPolicyName = setting(
        PasswordPolicyName.CNIL_2022, group="Passwords", doc="`cnil-2022` or `legacy-ideosso`."
    )
    password_lifetime: timedelta = setting(
        timedelta(days=120),
        group="Passwords",
        check=checks.lasting,
        doc="`legacy-ideosso` only: then it must be changed.",
    )
    password_history: int = setting(
        2,
        group="Passwords",
        check=checks.positive,
        doc="`legacy-ideosso` only: how many previous passwords are refused.",
    )
    password_link_lifetime: timedelta = setting(
        timedelta(minutes=60),
        group="Passwords",
        check=checks.lasting,
        doc="How long a mailed link to replace a forgotten password is good.",
    )
    first_password_link_lifetime: timedelta = setting(
        timedelta(hours=72),
        group="Passwords",
        check=checks.lasting,
        doc="How long a mailed link to choose a first password is good: the letter may come on a day off.",
    )
    argon2_memory: int = setting(19456, group="Passwords", check=checks.positive, doc="Argon2id memory, in KiB.")
    argon2_iterations: int = setting(2, group="Passwords", check=checks.positive, doc="Argon2id passes.")
    argon2_lanes: int = setting(1, group="Passwords", check=checks.positive, doc="Argon2id lanes.")
    password_hash_concurrency: int = setting(
        1,
        group="Passwords",
        check=checks.positive,
        doc="Password hashes a worker computes at once: their memory never passes workers x this x `argon2_memory`.",
    )

    # --- throttling ------------------------------------------------------------------
    throttle_ceiling: timedelta = setting(
        timedelta(seconds=30),
        group="Throttling",
        check=checks.lasting,
        doc="The longest wait that failures can cause. Failures of others do not prolong it.",
    )
    failures_per_account_and_address: int = setting(
        5,
        group="Throttling",
        check=checks.positive,
        doc="Free failures on one account from one address; then one each 15 seconds.",
    )
    failures_per_account: int = setting(
        20,
        group="Throttling",
        check=checks.positive,
        doc="Free failures on one account from everywhere; then one each 15 seconds.",
    )
    failures_per_address: int = setting(
        100,
        group="Throttling",
        check=checks.positive,
        doc="Free failures from one address, or IPv6 /64 (a hospital is one address); then one each second.",
    )
    failures_per_prefix: int = setting(
        300,
        group="Throttling",
        check=checks.positive,
        doc="Free failures from one IPv4 /24 or IPv6 /48; then four each second.",
    )

    pending_logins_per_prefix: int = setting(
        1_000,
        group="Throttling",
        check=checks.positive,
        doc="Login requests too large for a cookie, and refusals that wait to be fetched, that are kept for one "
        "IPv4 /24 or IPv6 /48 within `pending_login_lifetime`. Other logins may be begun without limit.",
    )

    # --- mail ------------------------------------------------------------------------
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
    def has_private_redis(self) -> bool:
        """Whether Redis is a child of ours."""
        return not self.redis_url and not self.redis_sentinels

    @property
    def is_development(self) -> bool:
        return self.environment is Environment.DEVELOPMENT

    @property
    def saml_name(self) -> str:
        """Our SAML entity ID."""
        return self.saml_entity_id or f"{self.issuer}/saml/metadata"

    @property
    def saml_domain(self) -> str:
        """The scope of the subject identifiers that we give."""
        return self.saml_scope or (urlsplit(self.issuer).hostname or "")

    @property
    def is_secure(self) -> bool:
        """Whether people reach us by https."""
        return self.issuer.startswith("https:")


def load(
    file: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    **given: object,
) -> Settings:
    """The settings of this installation.

    Read from `file` (or the file POTERNE_SETTINGS names), then from POTERNE_<NAME>
    variables, then from `given`, each winning over the one before.

    Raises:
        SettingsError: every problem at once, each with the setting's name.
    """
    variables = os.environ if environment is None else environment
    if file is None and (named := variables.get("POTERNE_SETTINGS")):
        file = Path(named)
    settings = read(Settings, file=file, environment=variables, given=given)
    problems = _contradictions(settings)
    if file is not None and not settings.is_development and (why := why_open(file, file.stat())):
        problems.append(f"{file}: {why}")
    if problems:
        raise SettingsError(problems)
    return settings


def _contradictions(settings: Settings) -> list[str]:
    """What no single setting can see."""
    problems = []
    host = urlsplit(settings.issuer).hostname or ""
    if not settings.is_secure and not (settings.is_development and is_loopback(host)):
        problems.append("issuer: must be https (http is for a loopback address in the development environment)")
    if settings.is_development and not is_loopback(host):
        problems.append(
            "environment: development is for this machine, whose issuer is such as http://localhost:8400; "
            "write recette or production"
        )
    if not settings.is_development:
        problems += _too_lenient(settings)
        if settings.plain_http_cookies:
            problems.append("plain_http_cookies: for the development environment only")
        if settings.mail_transport is MailTransport.FOLDER:
            problems.append("mail_transport: folder is for the development environment only")
        if settings.key_encryption_key_file == Path():
            problems.append("key_encryption_key_file: must be set outside the development environment")
        if is_below_floor(memory=settings.argon2_memory, iterations=settings.argon2_iterations):
            problems.append(
                f"argon2_memory: {settings.argon2_memory} with argon2_iterations {settings.argon2_iterations} is below "
                f"what OWASP allows; use at least {floor_in_words()}"
            )
    if settings.mail_transport is MailTransport.SMTP and not settings.mail_from:
        problems.append("mail_from: must be set when letters leave by SMTP")
    if settings.redis_url and settings.redis_sentinels:
        problems.append("redis_sentinels: must not be set together with redis_url")
    if settings.session_idle > settings.session_absolute:
        problems.append("session_idle: must not be longer than session_absolute")
    return problems


def _too_lenient(settings: Settings) -> list[str]:
    """What a development machine may do, and no other."""
    problems = []
    if wide := [network for network in settings.trusted_proxies if is_too_wide(network)]:
        problems.append(
            f"trusted_proxies: {', '.join(wide)} holds strangers, who could write any address in X-Forwarded-For: "
            "name the proxies"
        )
    is_by_smtp = settings.mail_transport is MailTransport.SMTP
    if is_by_smtp and settings.smtp_security is SmtpSecurity.NONE and not is_loopback(settings.smtp_host):
        problems.append("smtp_security: none is for a server on this machine: letters hold links that open accounts")
    return problems
