"""`indelible prove`"""

from pathlib import Path

from indelible.cli.context import Shared
from indelible.errors import ConfigurationError
from indelible.queries import QUERIES
from indelible.services.prove import Leaf, NotSealed, make_proof
from indelible.services.seal.store import Store


def prove(event_id: int, *, output: Path | None = None, context: Shared) -> None:
    """Write the proof of one event to a file that anybody can verify, without this database and in ten years.

    It holds what the event said: give it to whoever may know that. Example: `indelible prove 4711`

    Args:
        event_id: The event.
        output: The file; by default EVENT_ID.tlog-proof in the current directory.
        context: The shared options.
    """
    with context.connection() as connection:
        connection.execute(QUERIES["act_as_owner"].encode())
        found = connection.execute(QUERIES["read_leaf"].encode(), [event_id]).fetchone()
        if found is None:
            raise ConfigurationError(f"There is no event {event_id}.")
        index, salt, content = found
        if index is None:
            raise NotSealed(f"Event {event_id} is not sealed yet: does `indelible seal` run?")
        store = Store(connection)
        note = store.read_checkpoint()
        if note is None:
            raise NotSealed("Nothing is signed yet: does `indelible seal` run?")
        proof = make_proof(Leaf(event_id, index, salt, content), note, store.read_tile)
    path = output or Path(f"{event_id}.tlog-proof")
    try:
        path.write_text(proof.to_text())
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}.") from error
    told = {"event_id": event_id, "leaf_index": index, "file": str(path)}
    context.output.report(told, f"The proof that event {event_id} is leaf {index} was written to {path}.")
