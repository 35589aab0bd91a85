"""POST /saml/artifact: a service provider's server fetches what an artifact stands for (Profiles, section 5)."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response

from config.web.csrf import accepts_cross_site_posts
from idp.login.unverified import Unverified
from idp.saml import soap
from idp.saml.artifact_resolution import ArtifactResolution
from idp.saml.soap_over_http import soap_answer, soap_body

journal = logging.getLogger("poterne.saml")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactViews:
    """The endpoint and what it needs. No browser comes here: refusals are SOAP faults."""

    resolution: ArtifactResolution

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml_artifact", __name__, url_prefix="/saml")

        @saml.post("/artifact")
        @accepts_cross_site_posts
        def artifact() -> Response:
            return self._resolve()

        return saml

    def _resolve(self) -> Response:
        now = datetime.now(UTC)
        try:
            resolving = self.resolution.read(soap_body(), now)
        except soap.NotSoap as refused:
            journal.warning("artifact resolution refused", extra={"reason": str(refused)})
            return soap_answer(soap.fault("this is not an ArtifactResolve in a SOAP envelope"), 400)
        except Unverified as refused:
            journal.warning("artifact resolution refused", extra={"fault": str(refused.fault)})
            return soap_answer(soap.fault("the ArtifactResolve is refused"), 403)
        return soap_answer(self.resolution.answer(resolving, now))
