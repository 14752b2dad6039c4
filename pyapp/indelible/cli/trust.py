"""Whom a verification trusts: the log's key that is given, or that this machine's own `up` or `seal` uses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indelible.cli.credentials import Credentials
from indelible.errors import ConfigurationError, InvalidNote
from indelible.tlog.note import Verifier
from indelible.tlog.policy import Policy

NO_KEY = (
    "Whom to trust is not known: name the log's public key with --vkey, or a file of logs and witnesses with --policy."
)


@Parameter(name="*")
@dataclass(frozen=True)
class Trust:
    """Options that say whom to trust."""

    vkey: Annotated[str | None, Parameter(help="The log's verifier key, name+id+key, got from a source you trust.")] = (
        None
    )
    policy: Annotated[Path | None, Parameter(help="File of logs, witnesses and their quorum (C2SP tlog-policy).")] = (
        None
    )

    def read(self, data_dir: Path) -> Policy:
        """The policy.

        Raises:
            ConfigurationError: it cannot be read, or there is none.
        """
        try:
            if self.policy:
                return Policy.parse(self.policy.read_text())
            if known := self.vkey or Credentials.read(data_dir).tlog.get("vkey"):
                return Policy.trusting(Verifier.from_text(known))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"{self.policy} cannot be read.") from error
        except InvalidNote as error:
            raise ConfigurationError(str(error)) from error
        raise ConfigurationError(NO_KEY)


KNOWN_KEY = Trust()
