"""The messages of the Artifact Resolution Protocol, with pysaml2: SAML V2.0 Core, section 3.5.

pysaml2's artifacts are not used: it keeps them in memory for ever, resolves them for anyone, any number of times,
without checking a signature, and writes the endpoint index as two digits (tests/idp/saml/pysaml2/test_artifacts.py).
"""

from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree
from saml2 import saml, samlp

from idp.saml.pysaml2.messages import MessageMalformed
from idp.saml.pysaml2.protocol_messages import issuer_of, message_of, status_code_of
from idp.saml.pysaml2.server import instant_of, new_id, tree_of
from idp.saml.vocabulary import SAMLP, TopStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactResolveMessage:
    """An ArtifactResolve (section 3.5.1). Its values are not checked yet."""

    identifier: str
    issuer: str
    issuer_format: str | None
    issue_instant: str
    destination: str | None
    artifact: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactResponseMessage:
    """An ArtifactResponse (section 3.5.2). The caller reads its message after verifying the signature."""

    identifier: str
    issuer: str
    issuer_format: str | None
    issue_instant: str
    in_response_to: str | None
    top: str


def read_resolve(element: etree._Element) -> ArtifactResolveMessage:
    """Read an ArtifactResolve.

    Raises:
        MessageMalformed: the element is not a valid ArtifactResolve.
        WrongVersion: it is not SAML 2.0.
    """
    message = message_of(samlp.ArtifactResolve, element, f"{SAMLP}ArtifactResolve")
    if message.artifact is None:
        raise MessageMalformed("no Artifact")
    return ArtifactResolveMessage(
        identifier=message.id,
        issuer=issuer_of(message),
        issuer_format=message.issuer.format,
        issue_instant=message.issue_instant,
        destination=message.destination,
        artifact=(message.artifact.text or "").strip(),
    )


def read_answer(element: etree._Element) -> ArtifactResponseMessage:
    """Read an ArtifactResponse.

    Raises:
        MessageMalformed: the element is not a valid ArtifactResponse.
        WrongVersion: it is not SAML 2.0.
    """
    message = message_of(samlp.ArtifactResponse, element, f"{SAMLP}ArtifactResponse")
    return ArtifactResponseMessage(
        identifier=message.id,
        issuer=issuer_of(message),
        issuer_format=message.issuer.format,
        issue_instant=message.issue_instant,
        in_response_to=message.in_response_to,
        top=status_code_of(message).value,
    )


def make_resolve(*, issuer: str, destination: str, artifact: str, made_at: datetime) -> etree._Element:
    """An ArtifactResolve, not signed yet."""
    return tree_of(
        samlp.ArtifactResolve(
            id=new_id(),
            version="2.0",
            issue_instant=instant_of(made_at),
            destination=destination,
            issuer=saml.Issuer(text=issuer),
            artifact=samlp.Artifact(text=artifact),
        )
    )


def make_answer(
    *, issuer: str, in_response_to: str, message: etree._Element | None, made_at: datetime
) -> etree._Element:
    """An ArtifactResponse with or without a message, not signed yet. Both are a success: section 3.5.3."""
    answer = tree_of(
        samlp.ArtifactResponse(
            id=new_id(),
            version="2.0",
            issue_instant=instant_of(made_at),
            in_response_to=in_response_to,
            issuer=saml.Issuer(text=issuer),
            status=samlp.Status(status_code=samlp.StatusCode(value=TopStatus.SUCCESS.value)),
        )
    )
    if message is not None:
        answer.append(message)
    return answer
