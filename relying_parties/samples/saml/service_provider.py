"""This application as a SAML service provider: the settings of python3-saml, made here only."""

from typing import Any
from urllib.parse import urlsplit

from flask import Request
from onelogin.saml2.auth import OneLogin_Saml2_Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from relying_parties.samples.configuration import SamlConfiguration
from relying_parties.samples.saml.keys import KeyPair
from relying_parties.samples.saml.provider_metadata import PublishedMetadata

CONSUMER = "/saml/acs"
LOGOUT = "/saml/logout"
METADATA = "/saml/metadata"


def settings_of(
    configuration: SamlConfiguration, keys: KeyPair, published: PublishedMetadata | None = None
) -> OneLogin_Saml2_Settings:
    """The settings: every message signed in both directions, assertions encrypted.

    Without `published`, they describe this application only, which suffices for its metadata.
    """
    given: dict[str, Any] = {
        "strict": True,
        "sp": {
            "entityId": configuration.entity_id,
            "assertionConsumerService": {
                "url": configuration.address + CONSUMER,
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_POST,
            },
            "singleLogoutService": {
                "url": configuration.address + LOGOUT,
                "binding": OneLogin_Saml2_Constants.BINDING_HTTP_REDIRECT,
            },
            "NameIDFormat": OneLogin_Saml2_Constants.NAMEID_PERSISTENT,
            "x509cert": keys.certificate,
            "privateKey": keys.private_key,
        },
        "security": {
            "authnRequestsSigned": True,
            "logoutRequestSigned": True,
            "logoutResponseSigned": True,
            "wantMessagesSigned": True,
            "wantAssertionsSigned": True,
            "wantAssertionsEncrypted": True,
            "wantAttributeStatement": False,  # a person may have no attribute that is released to us
            "rejectDeprecatedAlgorithm": True,
            "signatureAlgorithm": OneLogin_Saml2_Constants.RSA_SHA256,
            "digestAlgorithm": OneLogin_Saml2_Constants.SHA256,
            "requestedAuthnContext": False,  # the registration has the lowest assurance level
            # Our metadata is registered as a file, so it must not expire or change as long as the key is the same.
            "metadataValidUntil": "",
            "metadataCacheDuration": "",
        },
    }
    if published is not None:
        given["idp"] = {
            name: dict(value) if isinstance(value, dict) else value for name, value in published.idp.items()
        }
    return OneLogin_Saml2_Settings(given, sp_validation_only=published is None)


def metadata_of(configuration: SamlConfiguration, keys: KeyPair) -> bytes:
    """The metadata of this application: SAML Metadata, section 2.4.4."""
    metadata = settings_of(configuration, keys).get_sp_metadata()
    return metadata.encode() if isinstance(metadata, str) else bytes(metadata)


def request_data_of(configuration: SamlConfiguration, path: str, request: Request | None = None) -> dict[str, Any]:
    """A request in the form of python3-saml: with our configured address, not the Host that it came with."""
    parts = urlsplit(configuration.address)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": path,
        "get_data": dict(request.args) if request else {},
        "post_data": {},
        "query_string": request.query_string.decode("ascii", "replace") if request else "",
        "validate_signature_from_qs": True,  # the signature covers the query as it was encoded: Bindings, 3.4.4.1
    }


def auth_at(
    settings: OneLogin_Saml2_Settings, configuration: SamlConfiguration, path: str, request: Request | None = None
) -> OneLogin_Saml2_Auth:
    return OneLogin_Saml2_Auth(request_data_of(configuration, path, request), settings)
