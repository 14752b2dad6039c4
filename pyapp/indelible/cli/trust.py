"""Whom a verification trusts: keys that are given, or those that this machine's own sealer uses."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indelible.cli.context import Context
from indelible.cli.sealing import sealer_folder
from indelible.errors import ConfigurationError, InvalidNote
from indelible.tlog.note import Verifier
from indelible.tlog.policy import Policy

POLICY_FILE = "witnesses.policy"
NO_KEY = "Whom to trust is not known: name the log's public key with --vkey, or a policy file with --policy."


@Parameter(name="*")
@dataclass(frozen=True)
class Trust:
    """Options that say whom to trust."""

    vkey: Annotated[
        tuple[str, ...], Parameter(help="Public key of the log, name+id+key, from a source you trust.", negative="")
    ] = ()
    policy: Annotated[
        Path | None,
        Parameter(
            help=f"Logs, witnesses and quorum (C2SP tlog-policy); by default {POLICY_FILE} in the data directory."
        ),
    ] = None

    def read(self, context: Context) -> Policy:
        """The policy; where it names no log, the keys that are given or, without any, those of the sealer here.

        Raises:
            ConfigurationError: it cannot be read, or there is no key.
        """
        policy = read_policy(self.policy or context.data_dir / POLICY_FILE, required=self.policy is not None)
        try:
            keys = tuple(map(Verifier.from_text, self.vkey))
        except InvalidNote as error:
            raise ConfigurationError(str(error)) from error
        logs = keys or policy.logs or _own_keys(context)
        if not logs:
            raise ConfigurationError(NO_KEY)
        return replace(policy, logs=list(logs))


KNOWN_KEYS = Trust()


def read_policy(path: Path, *, required: bool) -> Policy:
    """The policy in a file; without one, if it is not `required`, one that asks for no witness.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return Policy.parse(path.read_text())
    except FileNotFoundError as error:
        if required:
            raise ConfigurationError(f"There is no policy file {path}.") from error
        return Policy.trusting()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read.") from error
    except InvalidNote as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _own_keys(context: Context) -> tuple[Verifier, ...]:
    folder = sealer_folder(context)
    memory = folder.memory()
    return tuple(signer.verifier for signer in folder.signers(memory.origin)) if memory else ()
