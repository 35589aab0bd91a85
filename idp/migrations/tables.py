"""Every table of the identity provider's database: importing this brings them all into the one metadata."""

from sqlalchemy import MetaData

import config.audit.triggers
import config.jobs
import config.sql.versioned_cache
import idp.accounts.models
import idp.keys.signing_keys
import relying_parties.registry.models
import relying_parties.sp_metadata.models
from config.sql.database import Base

__all__ = ["config", "idp", "metadata", "relying_parties"]


def metadata() -> MetaData:
    return Base.metadata
