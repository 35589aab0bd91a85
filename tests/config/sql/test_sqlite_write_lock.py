"""One writer of a SQLite file at a time, among threads and processes (config/sql/sqlite_write_lock.py)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from config.sql.sqlite_write_lock import QueueTooLong, WritersQueue


@pytest.fixture
def queue(tmp_path):
    made = WritersQueue(tmp_path / "x.sqlite", patience=0.05)
    yield made
    made.close()


def test_threads_take_turns(tmp_path):
    queue, inside, most = WritersQueue(tmp_path / "x.sqlite", patience=5), [], []

    def write(_):
        with queue:
            inside.append(None)
            most.append(len(inside))
            inside.pop()

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, range(200)))
    queue.close()
    assert max(most) == 1


def test_a_writer_that_waits_too_long_gets_an_error(queue, tmp_path):
    other = WritersQueue(tmp_path / "x.sqlite", patience=0.05)  # as another process has
    with other, pytest.raises(QueueTooLong):
        queue.__enter__()
    with queue:
        pass
    other.close()


def test_a_thread_waits_for_the_others_of_its_process(queue):
    with queue, ThreadPoolExecutor(1) as threads, pytest.raises(QueueTooLong):
        threads.submit(queue.__enter__).result()
