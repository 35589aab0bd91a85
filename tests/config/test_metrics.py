"""Requests and audit lines are counted for Prometheus, and nobody outside can add a series."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.registry import CollectorRegistry

from config.audit.trail import Audit, AuditEntry
from config.audit.vocabulary import TrailAuditKind
from config.metrics import CountedRequests, Gauge, GaugeCollector, Metrics
from config.sql.database import Database
from config.web.application import WebApplication
from tests.ports import free_ports

COUNTED = """
import sys
from pathlib import Path
from config.audit.vocabulary import TrailAuditKind
from config.metrics import Metrics
metrics = Metrics.in_folder(Path(sys.argv[1]), TrailAuditKind)
for _ in range(3):
    metrics.count_request("home", "GET", "200 OK", 0.02)
metrics.count_line(TrailAuditKind.AUDIT_PRUNED)
"""

SERVED = """
import sys
from pathlib import Path
from config.metrics import serving
with serving(Path(sys.argv[1]), int(sys.argv[2])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> Metrics:
    return Metrics(registry, TrailAuditKind)


def counted_app(metrics: Metrics) -> Flask:
    app = WebApplication("counted", static_folder=None)

    @app.route("/people/<name>", methods=["GET", "POST"])
    def person(name: str) -> tuple[str, int]:
        return name, 404 if name == "nobody" else 200

    app.wsgi_app = CountedRequests(app.wsgi_app, metrics)  # type: ignore[method-assign]
    return app


def series(registry: CollectorRegistry) -> set[str]:
    """Each line of the exposition without its value; when a series began is one more in it."""
    lines = generate_latest(registry).decode().splitlines()
    return {line.rpartition(" ")[0] for line in lines if line[0] != "#" and "_created" not in line}


def test_a_request_is_counted_by_endpoint_method_and_class_of_status(
    registry: CollectorRegistry, metrics: Metrics
) -> None:
    client = counted_app(metrics).test_client()
    for path in ("/people/jeanne", "/people/paul", "/people/nobody", "/elsewhere"):
        client.get(path)
    requests_of = {"endpoint": "person", "method": "GET", "status": "2xx"}
    name = "poterne_http_requests_total"
    assert registry.get_sample_value(name, requests_of) == 2
    assert registry.get_sample_value(name, requests_of | {"status": "4xx"}) == 1
    assert registry.get_sample_value(name, requests_of | {"status": "4xx", "endpoint": "none"}) == 1
    assert registry.get_sample_value("poterne_http_request_seconds_count", {"endpoint": "person"}) == 3


HOSTILE = st.text(st.characters(codec="latin-1", exclude_categories=["Cc"], exclude_characters="?"), max_size=20)


@pytest.mark.slow
@given(
    asked=st.lists(
        st.tuples(HOSTILE, st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=12), HOSTILE), max_size=30
    )
)
def test_no_request_can_add_a_label_value(asked: list[tuple[str, str, str]]) -> None:
    registry = CollectorRegistry()
    client = counted_app(Metrics(registry, TrailAuditKind)).test_client()
    for path, method, header in asked:
        client.open(f"/people/{path}", method=method, headers={"User-Agent": header, "X-Forwarded-Host": header})
        client.open(f"/{path}", method=method, query_string={"q": header})
    labels = {(name, value) for line in series(registry) for name, value in re.findall(r'(\w+)="([^"]*)"', line)}
    assert {value for name, value in labels if name == "endpoint"} <= {"person", "none"}
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}
    assert {value for name, value in labels if name == "method"} <= known
    assert {value for name, value in labels if name == "status"} <= {"2xx", "3xx", "4xx", "5xx"}


def test_an_audit_entry_is_counted_when_it_is_committed(
    registry: CollectorRegistry, metrics: Metrics, empty_trail: Database
) -> None:
    audit = Audit(empty_trail)
    audit.count_lines(metrics.count_line)

    def counted() -> float | None:
        return registry.get_sample_value("poterne_audit_lines_total", {"kind": "audit.pruned"})

    assert counted() == 0  # every word is there from the start
    audit.record_durably(AuditEntry(kind=TrailAuditKind.AUDIT_PRUNED))
    assert counted() == 1
    with empty_trail.transaction() as session:
        audit.record(session, AuditEntry(kind=TrailAuditKind.AUDIT_PRUNED))
        assert counted() == 1
    assert counted() == 2
    with empty_trail.transaction() as session:
        audit.record(session, AuditEntry(kind=TrailAuditKind.AUDIT_PRUNED))
        session.rollback()
    assert counted() == 2


@pytest.fixture
def empty_trail(tmp_path: Path) -> Database:
    from config.shared_tables import SharedBase

    database = Database.at(f"sqlite:///{tmp_path / 'trail.sqlite'}")
    SharedBase.metadata.create_all(database.engine)
    return database


@pytest.mark.slow
def test_the_totals_of_several_processes_are_served_on_loopback(tmp_path: Path) -> None:
    [port] = free_ports(1)
    for _ in range(2):
        subprocess.run([sys.executable, "-c", COUNTED, str(tmp_path)], check=True)
    with subprocess.Popen(
        [sys.executable, "-c", SERVED, str(tmp_path), str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        answer = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10)
        assert 'poterne_http_requests_total{endpoint="home",method="GET",status="2xx"} 6.0' in answer.text
        assert 'poterne_audit_lines_total{kind="audit.pruned"} 2.0' in answer.text
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).status_code == 404
        assert requests.post(f"http://127.0.0.1:{port}/metrics", timeout=10).status_code == 404
        server.stdin.close()


def test_a_gauge_is_read_when_it_is_asked_for(registry):
    values: list[float | None] = [2.0, None]
    registry.register(GaugeCollector([Gauge(name="lists_stale", meaning="Lists.", read=lambda: values[0])]))
    assert "lists_stale 2.0" in generate_latest(registry).decode()
    values.pop(0)
    assert "lists_stale" not in generate_latest(registry).decode()
