"""Metrics for Prometheus: requests by endpoint, audit entries by kind, and what a service reads when it is asked.

Label values are known before any request: names of endpoints, HTTP methods, classes of statuses, kinds of audit
entries. No value of a request becomes a label, so that strangers cannot add time series.

Each process writes its counters to files in one folder. One process sums and serves
them, on a port of loopback (docs/decisions/metrics.md).
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask, has_request_context, request

from config.audit.vocabulary import AuditKind
from config.common_settings import CommonSettings

if TYPE_CHECKING:  # prometheus_client is imported only when metrics are enabled: it takes 2 MB a process
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from prometheus_client.registry import CollectorRegistry

    from config.audit.trail import Audit

LOOPBACK: Final = "127.0.0.1"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD: Final = "other"
NO_ENDPOINT: Final = "none"
"""The endpoint of a request that reached no view: its path is unknown, or a WSGI layer answered it."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client has no other way to set the folder


class Metrics:
    """The counters of one process."""

    def __init__(self, registry: "CollectorRegistry", vocabulary: Iterable[AuditKind]) -> None:
        from prometheus_client import Counter, Histogram

        self._requests: Counter = Counter(
            "poterne_http_requests", "Requests answered.", ("endpoint", "method", "status"), registry=registry
        )
        self._seconds: Histogram = Histogram(
            "poterne_http_request_seconds",
            "Time until the answer begins.",
            ("endpoint",),
            registry=registry,
            buckets=SECONDS,
        )
        lines = Counter("poterne_audit_lines", "Lines written in the audit trail.", ("kind",), registry=registry)
        self._lines = {kind.value: lines.labels(kind.value) for kind in vocabulary}
        self._counted: dict[tuple[str, str, str], Counter] = {}
        self._timed: dict[str, Histogram] = {}

    @classmethod
    def in_folder(cls, folder: Path, vocabulary: Iterable[AuditKind]) -> "Metrics":
        """The counters of one of several processes, in files in `folder`, from which they are summed."""
        os.environ[_FOLDER_VARIABLE] = str(folder)  # prometheus_client reads it when it is imported
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        from prometheus_client.registry import CollectorRegistry

        return cls(CollectorRegistry(), vocabulary)

    def count_request(self, endpoint: str, method: str, status: str, seconds: float) -> None:
        """Count a request. `endpoint` is the name of a view, `status` a status line such as `200 OK`."""
        labels = endpoint, method if method in METHODS else OTHER_METHOD, f"{status[:1]}xx"
        counter = self._counted.get(labels)
        if counter is None:
            counter = self._counted[labels] = self._requests.labels(*labels)
            self._timed[endpoint] = self._seconds.labels(endpoint)
        counter.inc()
        self._timed[endpoint].observe(seconds)

    def count_line(self, kind: AuditKind) -> None:
        self._lines[kind.value].inc()


class CountedRequests:
    """A WSGI layer that counts each request when its response begins."""

    def __init__(self, application: "WSGIApplication", metrics: Metrics) -> None:
        self._application = application
        self._metrics = metrics

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun = time.perf_counter()

        def started(status: str, headers: list[tuple[str, str]], exc_info: Any = None, /) -> Any:
            endpoint = (request.endpoint if has_request_context() else None) or NO_ENDPOINT
            self._metrics.count_request(endpoint, environ["REQUEST_METHOD"], status, time.perf_counter() - begun)
            return start_response(status, headers, exc_info)

        return self._application(environ, started)


def count_requests(app: Flask, settings: CommonSettings, audit: "Audit", vocabulary: Iterable[AuditKind]) -> None:
    """Have a service's application count its requests and audit lines, where the settings ask for it."""
    if settings.metrics_port:
        metrics = Metrics.in_folder(settings.metrics_folder, vocabulary)
        audit.count_lines(metrics.count_line)
        app.wsgi_app = CountedRequests(app.wsgi_app, metrics)  # type: ignore[method-assign]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A number that is read when Prometheus asks for it; `read` returns None when it is not known at that time."""

    name: str
    meaning: str
    read: Callable[[], float | None]


class GaugeCollector:
    """Gives the gauges to a registry of prometheus_client, which calls `collect`."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily

        for gauge in self._gauges:
            value = gauge.read()
            if value is not None:
                yield GaugeMetricFamily(gauge.name, gauge.meaning, value=value)


@contextmanager
def serving_metrics(
    settings: CommonSettings, audit: "Audit", vocabulary: Iterable[AuditKind], gauges: Iterable[Gauge] = ()
) -> Iterator[None]:
    """Count the audit lines of this process, and serve the numbers of all of them, where the settings ask for it."""
    if not settings.metrics_port:
        yield
        return
    audit.count_lines(Metrics.in_folder(settings.metrics_folder, vocabulary).count_line)
    with serving(settings.metrics_folder, settings.metrics_port, gauges):
        yield


@contextmanager
def serving(folder: Path, port: int, gauges: Iterable[Gauge] = ()) -> Iterator[int]:
    """Serve the sums of all processes at `GET /metrics` on this port of loopback; yields the port, chosen for 0."""
    os.environ[_FOLDER_VARIABLE] = str(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    from prometheus_client import make_wsgi_app
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.registry import CollectorRegistry

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    registry.register(GaugeCollector(gauges))
    server = WSGIServer((LOOPBACK, port), _Quiet)
    server.set_app(_only_metrics(make_wsgi_app(registry)))
    thread = Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _only_metrics(exposition: Callable[..., Iterable[bytes]]) -> "WSGIApplication":
    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/metrics" and environ["REQUEST_METHOD"] == "GET":
            return exposition(environ, start_response)
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b""]

    return answer


class _Quiet(WSGIRequestHandler):
    timeout = 10.0  # seconds in which a client must send its request

    def log_message(self, *_: object) -> None:
        """Log nothing: Prometheus fetches the metrics every few seconds."""
