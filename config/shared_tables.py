"""The tables that every service's database has: importing this declares them all on `SharedBase`."""

import config.audit.triggers
import config.jobs
import config.sql.versioned_cache
from config.sql.declarative import SharedBase

__all__ = ["SharedBase", "config"]
