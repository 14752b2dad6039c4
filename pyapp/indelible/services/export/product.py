"""How this program names itself to those who collect events."""

from importlib.metadata import version
from typing import Final

NAME: Final = "Indelible"
VERSION: Final = version("indelible")
LOG: Final = "audit.audit_logs"
