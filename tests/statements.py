"""SQL statements compiled once a run: SQLAlchemy keeps them by engine, and almost every test makes one."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

KEPT = 2_000


class _SqliteDialect(SQLiteDialect_pysqlite):
    """Any other of its kind is the same one: what one has compiled, another may run."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SqliteDialect)

    def __hash__(self) -> int:
        return hash(_SqliteDialect)


def compile_statements_once() -> None:
    """Have every SQLite engine made from now on share what was compiled."""
    compiled: LRUCache[Any, Any] = LRUCache(KEPT)

    def engine_created(_dialect: type, engine: Engine) -> None:
        engine.dialect.__class__ = _SqliteDialect
        engine._compiled_cache = compiled

    SQLiteDialect_pysqlite.engine_created = classmethod(engine_created)  # type: ignore[method-assign]
