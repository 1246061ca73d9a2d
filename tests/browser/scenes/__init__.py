"""Every page of Lodge in every state that looks different, one after another, by audience."""

from tests.browser.scenes.admins import ADA
from tests.browser.scenes.customers import ANN, BOB, CARL
from tests.browser.scenes.playing import PATHS
from tests.browser.scenes.staff import SAM, conflict
from tests.browser.scenes.stage import set_the_stage
from tests.browser.scenes.strangers import STRANGER, mailed

__all__ = [
    "ADA",
    "ANN",
    "BOB",
    "CARL",
    "PATHS",
    "SAM",
    "STRANGER",
    "conflict",
    "mailed",
    "set_the_stage",
]
