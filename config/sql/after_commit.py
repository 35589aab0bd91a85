"""Work that waits for the commit of a transaction, such as waking whoever reads what it has written."""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call `call` when the transaction of `session` has been committed; never when it is rolled back.

    SQLAlchemy also fires `after_commit` when a SAVEPOINT is released: nobody else sees the change then.
    """

    def committed(session: Session) -> None:
        if not session.in_nested_transaction():
            call()

    event.listen(session, "after_commit", committed)
