"""`indelible witness`"""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from indelible.cli.context import Context, Shared
from indelible.cli.server import bind, server_of
from indelible.embedded.files import make_folder, own_folder, write_private
from indelible.errors import ConfigurationError, IndelibleError, InvalidNote
from indelible.http.witness import witness_app
from indelible.services.cosigner import Cosigner
from indelible.tlog.note import COSIGNATURE, Signer, Verifier

KEY_FILE = "key"
Port = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]


def witness(
    *,
    log: tuple[str, ...],
    name: str = "localhost/witness",
    host: str = "127.0.0.1",
    port: Port = 8090,
    context: Shared,
) -> None:
    """Cosign the checkpoints of logs for as long as they only grow, until Ctrl-C: for a second machine of yours.

    Whoever holds the log's key can then neither cut it nor rewrite it unnoticed. The key and the last checkpoint of
    each log are in the data directory: never restore these from an older copy. The line printed goes into the file
    witnesses.policy of the sealer. Example: `indelible witness --log log.example/audit+1234abcd+AQ… --name w1.example`

    Args:
        log: Public keys of the logs to witness, as `indelible tlog key` prints them.
        name: Name of a new key, a URL without its scheme.
        host: Address to listen on.
        port: Port to listen on.
        context: The shared options.
    """
    try:
        logs = [Verifier.from_text(key) for key in log]
    except InvalidNote as error:
        raise ConfigurationError(str(error)) from error
    if not logs:
        raise ConfigurationError("Name at least one log with --log.")
    folder = make_folder(context.data_dir / "witness")
    signer = _own_key(folder, name)
    with bind(port, host) as listening:
        url = f"http://{host}:{listening.getsockname()[1]}"
        _announce(context, signer, url)
        server = server_of(witness_app(Cosigner(signer, logs, folder)))
        server.run(sockets=[listening])
        if not server.started:
            raise IndelibleError("The witness did not start; its lines above say why.")


def _own_key(folder: Path, name: str) -> Signer:
    """The key of this witness, made on first use, in a folder that nobody else may write."""
    path = folder / KEY_FILE
    try:
        with own_folder(folder):
            if not path.exists():
                write_private(path, Signer.generate(name, COSIGNATURE).to_text() + "\n")
            return Signer.from_text(path.read_text())
    except InvalidNote as error:
        raise ConfigurationError(f"{path}: {error}") from error


def _announce(context: Context, signer: Signer, url: str) -> None:
    line = f"witness {signer.name.rpartition('/')[2]} {signer.verifier.to_text()} {url}"
    context.output.report(
        {"name": signer.name, "vkey": signer.verifier.to_text(), "url": url, "policy_line": line}, line
    )
    context.output.say("Running; Ctrl-C ends it.")
