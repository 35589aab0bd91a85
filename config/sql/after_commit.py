"""Calls functions after the commit of a transaction, for example to wake the reader of its rows."""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call `call` after the commit of the session's transaction; never after a rollback.

    SQLAlchemy fires `after_commit` at the release of a SAVEPOINT too, when other transactions do not see the change.
    """

    def committed(session: Session) -> None:
        if not session.in_nested_transaction():
            call()

    event.listen(session, "after_commit", committed)
