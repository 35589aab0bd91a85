"""The settings of a Django application with djangosaml2, as its documentation shows; DJANGO_APPLICATION says where."""

import json
import os
from pathlib import Path

import saml2
from saml2.saml import NAMEID_FORMAT_PERSISTENT
from saml2.xmldsig import DIGEST_SHA256, SIG_RSA_SHA256

GIVEN = json.loads(os.environ["DJANGO_APPLICATION"])
FOLDER, URL = Path(GIVEN["folder"]), GIVEN["url"]

SECRET_KEY = os.urandom(32).hex()
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "tests.interop.django_pages"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "django.sqlite"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "djangosaml2"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "djangosaml2.middleware.SamlSessionMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
AUTHENTICATION_BACKENDS = ["djangosaml2.backends.Saml2Backend"]
LOGIN_URL = "/saml2/login/"
LOGIN_REDIRECT_URL = "/protected"
LOGOUT_REDIRECT_URL = "/left"
LOGGING = {"version": 1, "handlers": {"told": {"class": "logging.StreamHandler"}}, "root": {"handlers": ["told"]}}

SAML_CSP_HANDLER = ""
SAML_DEFAULT_BINDING = saml2.BINDING_HTTP_POST
SAML_LOGOUT_REQUEST_PREFERRED_BINDING = saml2.BINDING_HTTP_REDIRECT
SAML_USE_NAME_ID_AS_USERNAME = True
SAML_ATTRIBUTE_MAPPING = {"givenName": ("first_name",), "sn": ("last_name",), "mail": ("email",)}
SAML_CONFIG = {
    "xmlsec_binary": "/usr/bin/xmlsec1",
    "entityid": f"{URL}/saml2/metadata/",
    "key_file": GIVEN["key"],
    "cert_file": GIVEN["certificate"],
    "encryption_keypairs": [{"key_file": GIVEN["key"], "cert_file": GIVEN["certificate"]}],
    "metadata": {"local": [str(FOLDER / "identity-provider.xml")]},
    "accepted_time_diff": 120,
    "valid_for": 24,
    "service": {
        "sp": {
            "name": "Django",
            "name_id_format": NAMEID_FORMAT_PERSISTENT,
            "endpoints": {
                "assertion_consumer_service": [(f"{URL}/saml2/acs/", saml2.BINDING_HTTP_POST)],
                "single_logout_service": [
                    (f"{URL}/saml2/ls/", saml2.BINDING_HTTP_REDIRECT),
                    (f"{URL}/saml2/ls/post/", saml2.BINDING_HTTP_POST),
                ],
            },
            "allow_create": True,
            "authn_requests_signed": True,
            "logout_requests_signed": True,
            "logout_responses_signed": True,
            "want_response_signed": True,
            "want_assertions_signed": True,
            "allow_unsolicited": False,
            "signing_algorithm": SIG_RSA_SHA256,
            "digest_algorithm": DIGEST_SHA256,
        }
    },
}
