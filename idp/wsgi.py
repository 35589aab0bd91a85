"""What a WSGI server loads: `idp.wsgi:application`, from the settings of the environment."""

import gc

from config.private_files import keep_files_private
from idp.app import create_app
from idp.settings import Settings

keep_files_private()
application = create_app(Settings.load())

# What is loaded by now is never garbage, and a request leaves little that is: look seldom (docs/performance.md).
gc.collect()
gc.freeze()
gc.set_threshold(5_000, 20, 20)
