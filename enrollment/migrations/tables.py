"""Every table of enrollment's database: importing this declares them all."""

from sqlalchemy import MetaData

import enrollment.register.models
import enrollment.requests.models
import enrollment.requests.references
from config.shared_tables import SharedBase
from config.sql.declarative import all_tables
from enrollment.database import Base

__all__ = ["enrollment", "metadata"]


def metadata() -> MetaData:
    return all_tables(SharedBase, Base)
