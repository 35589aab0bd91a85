"""Every table of the identity provider's database: importing this declares them all."""

from sqlalchemy import MetaData

import config.audit.triggers
import config.jobs
import config.sql.versioned_cache
import idp.accounts.models
import idp.keys.signing_keys
import relying_parties.registry.declarative_base
import relying_parties.registry.metadata_models
import relying_parties.registry.models
from config.sql.declarative import SharedBase, all_tables
from idp.database import Base

__all__ = ["config", "idp", "metadata", "relying_parties"]


def metadata() -> MetaData:
    return all_tables(SharedBase, relying_parties.registry.declarative_base.Base, Base)
