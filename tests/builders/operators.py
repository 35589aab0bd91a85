"""The actors that the audit trail names when a test acts as an operator, or as the job that refreshes metadata."""

from config.actor import Actor

OPERATOR = Actor.operator("oriou")
ANOTHER_OPERATOR = Actor.operator("mdurand")
METADATA = Actor.service("metadata")
