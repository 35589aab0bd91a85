"""What a WSGI server loads: `idp.wsgi:application`, from the settings of the environment."""

from config.settings import load
from idp.app import create_app

application = create_app(load())
