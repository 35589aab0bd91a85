"""POST /saml/artifact: a service provider's server fetches what an artifact stands for (Profiles, section 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from config.web.csrf import accepts_cross_site_posts
from idp.saml.artifact.resolution import ArtifactResolution
from idp.saml.bindings.soap_over_http import SoapFaults, soap_answer, soap_body
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request_pages import UnverifiedPages


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactViews:
    """The endpoint and what it needs. No browser comes here: refusals are SOAP faults."""

    resolution: ArtifactResolution
    unverified: UnverifiedPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml_artifact", __name__, url_prefix="/saml")
        faults = SoapFaults(kind="ArtifactResolve", unverified=self.unverified)

        @saml.post("/artifact")
        @accepts_cross_site_posts
        def artifact() -> Response:
            return faults.answering(self._resolve)

        return saml

    def _resolve(self) -> Response:
        now = datetime.now(UTC)
        resolve_request = self.resolution.read(soap_body(), now, address=ClientInfo.of(request).address)
        return soap_answer(self.resolution.answer(resolve_request, now))
