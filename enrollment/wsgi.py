"""What a WSGI server loads: `enrollment.wsgi:application`, from the settings of the environment."""

import gc

from config.private_files import keep_files_private
from enrollment.app import create_app
from enrollment.settings import EnrollmentSettings

keep_files_private()
application = create_app(EnrollmentSettings.load())

# What is loaded by now is never garbage, and a request leaves little that is: look seldom (docs/performance.md).
gc.collect()
gc.freeze()
gc.set_threshold(5_000, 20, 20)
