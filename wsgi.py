"""What the web server imports."""

import sys

from portal import create_app
from portal.errors import ConfigError

try:
    app = create_app()
except ConfigError as error:
    sys.exit(f"lodge: {error}")
