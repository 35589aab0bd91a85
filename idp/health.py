"""Whether this worker lives, and whether it can serve: for balancers and supervisors, in JSON.

GET /health/live     the process answers
GET /health/ready    so do the store, and the database to whoever wants to write
"""

from flask import Blueprint, Response, jsonify
from sqlalchemy import text

from config.database import Database
from config.store import Store


def health_blueprint(database: Database, store: Store) -> Blueprint:
    health = Blueprint("health", __name__, url_prefix="/health")

    @health.get("/live")
    def live() -> Response:
        return jsonify(status="live")

    @health.get("/ready")
    def ready() -> Response:
        """A store that is away makes this a 503 like any other request."""
        store.ping()
        with database.transaction() as session:
            session.execute(text("SELECT 1"))  # on SQLite its BEGIN takes the writer's lock; nothing is written
        return jsonify(status="ready")

    return health
