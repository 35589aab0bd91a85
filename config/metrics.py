"""What a service counts for Prometheus: requests by endpoint, and audit lines by kind.

A label's values are known before any request: the names of the service's endpoints,
the methods of HTTP, the classes of its statuses, the words of its audit trail. Nothing
of a request is ever a label, so that no stranger can add a series.

Each process writes its numbers into files of one folder, and one process adds them up
and serves them on a port of its own, on loopback (docs/decisions, metrics).
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import has_request_context, request

from config.audit.vocabulary import AuditKind

if TYPE_CHECKING:  # it is imported when a service counts, and not otherwise: it takes 2 MB a process
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from prometheus_client.registry import CollectorRegistry

LOOPBACK: Final = "127.0.0.1"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD: Final = "other"
NO_ENDPOINT: Final = "none"
"""Of a request that reached no view: an unknown path, or one that a layer before the application has answered."""

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_FOLDER_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"  # the only way to tell prometheus_client


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
        """Those of one of several processes: their numbers are added up from the files in `folder`."""
        os.environ[_FOLDER_VARIABLE] = str(folder)  # read when prometheus_client is imported
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        from prometheus_client.registry import CollectorRegistry

        return cls(CollectorRegistry(), vocabulary)

    def count_request(self, endpoint: str, method: str, status: str, seconds: float) -> None:
        """`endpoint` is the name of a view, `status` a status line."""
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
    """WSGI layer: each request is counted when its answer begins."""

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


@contextmanager
def serving(folder: Path, port: int) -> Iterator[int]:
    """Answer `GET /metrics` on this port of loopback with the sums of all processes; the port, if `port` was 0."""
    os.environ[_FOLDER_VARIABLE] = str(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    from prometheus_client import make_wsgi_app
    from prometheus_client.multiprocess import MultiProcessCollector
    from prometheus_client.registry import CollectorRegistry

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
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
    timeout = 10.0  # seconds that a client may take

    def log_message(self, *_: object) -> None:
        """Nothing: a scrape every few seconds is no news."""
