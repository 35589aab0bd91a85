"""Every table of the identity provider's database: importing this brings them all into the one metadata."""

from sqlalchemy import MetaData

import config.audit_rules
import config.jobs
import config.revisions
import idp.accounts.models
import idp.keys
import relying_parties.metadata_models
import relying_parties.models
from config.database import Base

__all__ = ["config", "idp", "metadata", "relying_parties"]


def metadata() -> MetaData:
    return Base.metadata
