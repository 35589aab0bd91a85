"""POST /saml/artifact: the artifact resolution service (Profiles, section 5)."""

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from idp.saml.artifact.resolution import ArtifactResolution
from idp.saml.bindings.soap_over_http import add_soap_endpoint, soap_answer, soap_body
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request_pages import UntrustedRequestPages


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactViews:
    """The endpoint and its dependencies. Browsers do not call it: refusals are SOAP faults."""

    resolution: ArtifactResolution
    untrusted_requests: UntrustedRequestPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml_artifact", __name__, url_prefix="/saml")
        add_soap_endpoint(
            saml, "/artifact", self._resolve, message="ArtifactResolve", untrusted_requests=self.untrusted_requests
        )
        return saml

    def _resolve(self) -> Response:
        now = datetime.now(UTC)
        resolve_request = self.resolution.read(soap_body(), now, address=ClientInfo.of(request).address)
        return soap_answer(self.resolution.answer(resolve_request, now))
