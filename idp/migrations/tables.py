"""Every table of the identity provider's database: importing this brings them all into the one metadata."""

from sqlalchemy import MetaData

import config.audit_rules
import config.jobs
import config.revisions
import idp.accounts.models
import idp.keys
import relying_parties.models
from config.database import Base

__all__ = ["config", "idp", "metadata", "relying_parties"]


# What the private keys are bound to, for `config.resealing`.
idp.keys.SigningKey.__table__.columns["private_key"].info["sealed_for"] = "signing-key:{kid}"


def metadata() -> MetaData:
    return Base.metadata
