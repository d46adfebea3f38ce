"""The webhook routes as an application of their own, to be run by `uvicorn tests.support.door_application:app`."""

import sys

from app.log import configure_logging
from tests.support.front_door import Door

configure_logging("debug", "json", sys.stdout)
app = Door().application
