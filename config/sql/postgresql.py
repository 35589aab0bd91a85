"""How PostgreSQL is reached: what a connection is made with, what it is set to, and what it is refused for.

Nothing is assumed of the server, of its defaults or of the account's: each session is set to what we count on, or
checked. Of several hosts in the address the one that takes writes is chosen (`target_session_attrs`).

A pooler such as PgBouncer may stand between, and give each transaction another session of the server's. It is
recognised, since what it calls our backend is a number of its own. Then no statement is prepared, of a session we set
only what poolers carry along, and the limits of time are set in each transaction.
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

# What the server reports back, so that a pooler knows it and restores it for whoever comes next.
_CARRIED_ALONG: Final = {"timezone": "UTC", "datestyle": "ISO, YMD", "standard_conforming_strings": "on"}
_OF_A_SESSION: Final = _CARRIED_ALONG | LIMITS | {"default_transaction_isolation": ISOLATION}

_WHO_ANSWERS: Final = (
    "SELECT pg_backend_pid(), current_setting('server_encoding'), current_setting('default_transaction_isolation')"
)


def connect_arguments(url: URL) -> dict[str, Any]:
    """What the driver is given beside the address, which may say otherwise."""
    ours = {
        "autocommit": True,
        "connect_timeout": 3,
        # A server that vanished without a word (a firewall, a dead host) is noticed by TCP.
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
    """Have each connection of `engine` set, checked and begun as we count on."""
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkout", _refuse_dead_connection)
    event.listen(engine, "handle_error", _leave_a_server_that_only_reads)


def _set_up(connection: Any, record: Any) -> None:
    try:
        _set_and_check(connection, record.info)
    except BaseException:
        connection.close()  # which the pool would forget open
        raise


def _set_and_check(connection: Any, info: dict[str, Any]) -> None:
    # Said after connecting and not in the `options` of the address, which poolers refuse.
    with connection.cursor() as cursor:
        backend, encoding, isolation = cursor.execute(_WHO_ANSWERS).fetchone()
        if encoding != "UTF8":
            raise UnfitDatabase(
                f"the database's encoding is {encoding}, and must be UTF8, or names are lost:"
                " create it with ENCODING 'UTF8' TEMPLATE template0"
            )
        info[POOLED] = backend != connection.info.backend_pid
        if info[POOLED]:
            connection.prepare_threshold = None
            if isolation != ISOLATION:
                raise UnfitDatabase(
                    f"default_transaction_isolation is {isolation}, which a pooler does not let us set:"
                    f" ALTER ROLE ... SET default_transaction_isolation = '{ISOLATION}'"
                )
        settings = _CARRIED_ALONG if info[POOLED] else _OF_A_SESSION
        calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
        cursor.execute(f"SELECT {calls}")


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("one_statement"):
        connection.exec_driver_sql(_BEGIN_BEHIND_A_POOLER if connection.info.get(POOLED) else _BEGIN)


def _refuse_dead_connection(connection: Any, _record: Any, _proxy: Any) -> None:
    """A server that restarted has closed the socket: one system call sees it, where a pre-ping is a round trip.

    Nothing is asked yet, so anything to read is the end of the connection (or a notice, and then a new connection
    costs little).
    """
    if connection.closed or select.select([connection.fileno()], [], [], 0)[0]:
        raise exc.DisconnectionError("the server closed this connection")


def _leave_a_server_that_only_reads(context: ExceptionContext) -> None:
    """It counts as lost: with its other connections it is left, and the next one is made to whoever takes writes."""
    if sqlstate(context.original_exception) == READ_ONLY:
        context.is_disconnect = True
