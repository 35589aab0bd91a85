"""Health checks for balancers and supervisors, in JSON.

GET /health/live     the process answers
GET /health/ready    Redis and the database accept writes; otherwise 503, with the state of each

What a service adds to the second, such as revocation lists that have ended, is shown and never makes it 503.

deploy/nginx.conf does not expose them.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, jsonify

from config.redis.servers import condition
from config.redis.store import RefusedByRedis, Store, StoreUnavailable
from config.sql.database import Database, DatabaseUnavailable

READY = "ready"


def health_blueprint(
    database: Database, store: Store, *, further: Callable[[], Mapping[str, Any]] = lambda: MappingProxyType({})
) -> Blueprint:
    """`further` has components of the service, which are not read while the database is away."""
    health = Blueprint("health", __name__, url_prefix="/health")

    @health.get("/live")
    def live() -> Response:
        return jsonify(status="live")

    @health.get("/ready")
    def ready() -> Response:
        components = {"redis": _redis(store), "database": _database(database)}
        is_ready = all(component["state"] == READY for component in components.values())
        added = further() if is_ready else {}
        response = jsonify(status=READY if is_ready else "unavailable", components=components | dict(added))
        response.status_code = 200 if is_ready else 503
        return response

    return health


def _redis(store: Store) -> dict[str, Any]:
    try:
        found = condition(store.link)
    except RefusedByRedis:
        return {"state": "refuses writes"}
    except StoreUnavailable:
        return {"state": "away"}
    return {
        "state": READY,
        "warnings": found.warnings,
        "memory_used": found.memory_used,
        "memory_limit": found.memory_limit,
        "eviction_policy": found.eviction,
    }


def _database(database: Database) -> dict[str, Any]:
    try:
        database.check_writable()
    except DatabaseUnavailable:
        return {"state": "away"}
    return {"state": READY}
