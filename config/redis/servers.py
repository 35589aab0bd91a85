"""Chooses the Redis server by the settings, and checks its condition.

The server is the one of `redis_url`, the primary that the Sentinels name, or the private one. Its condition is
reported by the readiness check, and at the start of the service.
"""

import logging
from dataclasses import dataclass
from typing import Final

from config.common_settings import CommonSettings
from config.outages import Outage
from config.redis.connection import RedisConnection, RefusedByRedis, client_for, socket_url
from config.redis.embedded import socket_path
from config.redis.sentinel import Sentinels

NEARLY_FULL: Final = 0.8  # of maxmemory
LASTING_POLICY: Final = "noeviction"
_PROBE: Final = "readiness"

logger = logging.getLogger("poterne.stores")


def link_of(settings: CommonSettings) -> RedisConnection:
    """The connection to the Redis of this installation; nothing is sent yet."""
    folder = settings.data_folder.absolute()
    away = Outage("redis", lock=folder / ".redis-away.lock")
    refusing = Outage("redis", lock=folder / ".redis-refuses.lock", what="refuses commands")
    if settings.redis_sentinels:
        sentinels = Sentinels(
            settings.redis_sentinels,
            primary=settings.redis_primary_name,
            username=settings.redis_username,
            password=settings.redis_password,
            sentinel_password=settings.redis_sentinel_password,
            tls=settings.redis_tls,
        )
        confirm = settings.redis_replicas_confirm
        return RedisConnection(sentinels, replicas=confirm, fails_over=True, away=away, refusing=refusing)
    client = client_for(settings.redis_url or socket_url(socket_path(settings)))
    return RedisConnection(client.connection_pool, away=away, refusing=refusing)


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisCondition:
    """The condition that Redis reports; None where our account may not ask."""

    memory_used: int | None
    memory_limit: int | None
    """In octets; 0 means none."""
    eviction: str | None

    @property
    def warnings(self) -> list[str]:
        """A sentence for each thing that the operator should change."""
        found = []
        if self.eviction not in (None, LASTING_POLICY):
            found.append(
                f"the eviction policy is {self.eviction}: sessions and redeemed codes may be lost early;"
                f" set maxmemory-policy {LASTING_POLICY}"
            )
        if self.memory_limit and self.memory_used is not None and self.memory_used > NEARLY_FULL * self.memory_limit:
            share = 100 * self.memory_used // self.memory_limit
            found.append(f"{share} % of maxmemory is used; when it is full, nobody can log in")
        return found


def condition(link: RedisConnection) -> RedisCondition:
    """The condition of Redis, after a write has succeeded.

    Raises:
        StoreUnavailable: it does not answer, or refuses writes (`RefusedByRedis`).
    """
    link.execute("SET", _PROBE, "", "PX", 1_000, repeatable=True)
    try:
        answer = link.execute("INFO", "memory", repeatable=True)
    except RefusedByRedis:  # the account has no permission for INFO
        if link.fails_over:  # `scripts.py` needs INFO too
            raise
        return RedisCondition(memory_used=None, memory_limit=None, eviction=None)
    values = dict(line.split(":", 1) for line in answer.decode().splitlines() if ":" in line)
    return RedisCondition(
        memory_used=_number(values.get("used_memory")),
        memory_limit=_number(values.get("maxmemory")),
        eviction=values.get("maxmemory_policy"),
    )


def warn_at_start(link: RedisConnection) -> None:
    """Warn in the journal of problems in the configuration of Redis.

    Raises:
        StoreUnavailable: it does not answer, or refuses writes.
    """
    for warning in condition(link).warnings:
        logger.warning("redis: %s", warning, extra={"component": "redis"})


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
