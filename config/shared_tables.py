"""Declares the tables that every service's database has, on `SharedBase`, by importing their modules."""

import config.audit.triggers
import config.jobs
import config.sql.versioned_cache
from config.sql.declarative import SharedBase

__all__ = ["SharedBase", "config"]
