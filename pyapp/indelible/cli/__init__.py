"""The command line `indelible`."""

from indelible.cli.app import main

__all__ = ["main"]
