"""A Django application (django_settings.py, django_pages.py): makes its tables and serves until it is stopped."""

from wsgiref.simple_server import make_server

import django
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from tests.interop.django_settings import GIVEN

if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    make_server("127.0.0.1", GIVEN["port"], get_wsgi_application()).serve_forever()
