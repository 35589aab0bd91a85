"""`metrics_port`: Prometheus reads what all the processes of a running service have counted."""

from collections import Counter
from dataclasses import replace

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.outages.conftest import AT
from tests.outages.service import Service
from tests.ports import free_port, is_free
from tests.processes import PATIENCE, until


@pytest.fixture
def metrics_port() -> int:
    return free_port()


@pytest.fixture
def counting(new_service, metrics_port) -> Service:
    """A furnished service that counts."""
    service = new_service(metrics_port=metrics_port).start()
    until(lambda: not is_free(metrics_port), what="the jobs, which serve the counters")
    return service


def scrape(port: int) -> Counter[tuple[str, ...]]:
    """Each counter by the values of its labels."""
    answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert answer.status_code == 200
    counted: Counter[tuple[str, ...]] = Counter()
    for family in text_string_to_metric_families(answer.text):
        if family.type == "counter":
            counted.update({tuple(each.labels.values()): int(each.value) for each in family.samples})
    return counted


def test_what_every_worker_counts_is_added_up_and_outlives_it(counting, metrics_port, furnished, jeanne):
    wire = replace(counting.wire, patience=PATIENCE)  # a worker may still be loading the application
    dcc = counting.application("dcc", furnished.secrets["dcc"], at=AT["dcc"], wire=wire)
    before = scrape(metrics_port)
    workers = counting.workers()
    for worker in workers:
        with counting.answering_alone(worker):
            assert dcc.signs_in(counting.anyone(wire).logs_in(jeanne, to=dcc))
    counted = scrape(metrics_port) - before
    assert counted["oidc.token", "POST", "2xx"] == len(workers) == 2
    assert counted["login.succeeded",] == 2

    workers[0].kill()
    assert (scrape(metrics_port) - before)["login.succeeded",] == 2


def test_the_counters_are_on_a_port_of_their_own_that_ends_with_the_service(counting, metrics_port):
    assert counting.anyone().asks(f"{counting.issuer}/metrics").status_code == 404
    counting.stop()
    assert is_free(metrics_port)
