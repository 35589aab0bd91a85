from config.sql.after_commit import after_commit
from tests.builders.transactions import rolled_back


def test_the_call_waits_for_the_commit_of_the_whole_transaction(database):
    calls = []
    with database.transaction() as session:
        after_commit(session, lambda: calls.append("committed"))
        with session.begin_nested():
            pass
        assert calls == []  # SQLAlchemy fires its event when the SAVEPOINT is released
    assert calls == ["committed"]


def test_a_transaction_that_is_rolled_back_calls_nothing(database):
    calls = []
    with rolled_back(database) as session:
        after_commit(session, lambda: calls.append("committed"))
    assert calls == []
