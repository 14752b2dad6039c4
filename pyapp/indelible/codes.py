"""The codes that Python itself uses; the catalogue in the database has them all (audit.actions)."""

import re

ACTION = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")

SUCCESS = "success"
FAILURE = "failure"
DENIED = "denied"
ATTEMPTED = "attempted"
