"""What the web server imports."""

from jobs.refusal import refuse
from portal import create_app
from portal.errors import ConfigError

try:
    app = create_app()
except ConfigError as error:
    refuse(error)
