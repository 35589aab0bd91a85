"""The arguments, settings and checks of each connection to PostgreSQL.

We rely on no default of the server or of the account: each session is configured or checked. If the address
has several hosts, the driver chooses the one that accepts writes (`target_session_attrs`).

A pooler such as PgBouncer runs each transaction in any session of the server. We detect it by the number of the
backend process, which the pooler replaces. Then we prepare no statements, set only the session settings that poolers
restore, and set the time limits in each transaction.
"""

import select
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, event, exc
from sqlalchemy.engine import ExceptionContext

from config.sql.errors import READ_ONLY, UnfitDatabase, sqlstate

LIMITS: Final = {"statement_timeout": "15s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "30s"}
ISOLATION: Final = "read committed"
POOLED: Final = "behind a pooler"  # in the `info` of a connection

_BEGIN: Final = f"BEGIN ISOLATION LEVEL {ISOLATION.upper()}"
_BEGIN_BEHIND_A_POOLER: Final = "; ".join(
    [_BEGIN, *(f"SET LOCAL {name} = '{value}'" for name, value in LIMITS.items())]
)

# The server reports these settings to its client, so a pooler knows and restores them.
_POOLER_SETTINGS: Final = {"timezone": "UTC", "datestyle": "ISO, YMD", "standard_conforming_strings": "on"}
_SESSION_SETTINGS: Final = _POOLER_SETTINGS | LIMITS | {"default_transaction_isolation": ISOLATION}

_BACKEND_QUERY: Final = (
    "SELECT pg_backend_pid(), current_setting('server_encoding'), current_setting('default_transaction_isolation')"
)


def connect_arguments(url: URL) -> dict[str, Any]:
    """The arguments of the driver, except those that the address `url` has already."""
    ours = {
        "autocommit": True,
        "connect_timeout": 3,
        # TCP detects a server that does not close its connections (a firewall, a dead host).
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "poterne",
        "client_encoding": "utf8",
        "target_session_attrs": "read-write",
    }
    return {name: value for name, value in ours.items() if name not in url.query}


def prepare(engine: Engine) -> None:
    """Configure and check each connection of `engine`, and begin its transactions with our isolation and limits."""
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkout", _refuse_dead_connection)
    event.listen(engine, "handle_error", _leave_read_only_server)


def _set_up(connection: Any, record: Any) -> None:
    try:
        _set_and_check(connection, record.info)
    except BaseException:
        connection.close()  # the pool would leave it open
        raise


def _set_and_check(connection: Any, info: dict[str, Any]) -> None:
    # We set these after connecting, because poolers refuse `options` in the address.
    with connection.cursor() as cursor:
        backend, encoding, isolation = cursor.execute(_BACKEND_QUERY).fetchone()
        if encoding != "UTF8":
            raise UnfitDatabase(
                f"the encoding of the database is {encoding}, but only UTF8 can store every name:"
                " create it with ENCODING 'UTF8' TEMPLATE template0"
            )
        info[POOLED] = backend != connection.info.backend_pid
        if info[POOLED]:
            connection.prepare_threshold = None
            if isolation != ISOLATION:
                raise UnfitDatabase(
                    f"default_transaction_isolation is {isolation}, which cannot be changed through a pooler:"
                    f" ALTER ROLE ... SET default_transaction_isolation = '{ISOLATION}'"
                )
        settings = _POOLER_SETTINGS if info[POOLED] else _SESSION_SETTINGS
        calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
        cursor.execute(f"SELECT {calls}")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("one_statement"):
        connection.exec_driver_sql(_BEGIN_BEHIND_A_POOLER if connection.info.get(POOLED) else _BEGIN)


def _refuse_dead_connection(connection: Any, _record: Any, _proxy: Any) -> None:
    """Refuse a connection whose socket the server has closed, for example by a restart.

    This takes one system call, where a pre-ping takes a round trip. We have sent nothing yet, so anything to read is
    the end of the connection, or a notice, for which a new connection costs little.
    """
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise exc.DisconnectionError("the server closed this connection")


def _leave_read_only_server(context: ExceptionContext) -> None:
    """Treat a read-only server as disconnected: the pool closes its connections, and connects to the writable one."""
    if sqlstate(context.original_exception) == READ_ONLY:
        context.is_disconnect = True
