"""GET /saml/metadata: our metadata, at the address that is our entityID (SAML V2.0 Metadata, section 4.1)."""

from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, request

from idp.saml.idp_metadata.descriptor import ENDPOINTS, IdpEndpoint, IdpMetadata

MEDIA_TYPE = "application/samlmetadata+xml"  # Metadata, appendix A
PUBLIC_FOR = 300  # seconds; much shorter than the time between the publication of a key and its first signature


def served_endpoints(app: Flask) -> tuple[IdpEndpoint, ...]:
    """The endpoints that the application serves. Call this after the other blueprints are registered."""
    served = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    return tuple(endpoint for endpoint in ENDPOINTS if (endpoint.path, endpoint.method) in served)


def idp_metadata_blueprint(idp_metadata: IdpMetadata) -> Blueprint:
    blueprint = Blueprint("idp_metadata", __name__)

    @blueprint.get("/saml/metadata")
    def metadata() -> Response:
        """The document, or 304 if the client has it (RFC 9110, section 13.1.2)."""
        published = idp_metadata.published(datetime.now(UTC))
        response = Response(published.octets, content_type=MEDIA_TYPE)
        response.set_etag(published.tag)
        response.headers["Cache-Control"] = f"public, max-age={PUBLIC_FOR}"
        response.make_conditional(request)
        return response

    return blueprint
