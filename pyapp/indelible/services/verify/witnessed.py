"""What the witnesses of a log have seen: a log that was cut or signed anew is not the one that they cosigned."""

from collections.abc import Iterator
from contextlib import closing

from indelible.services.verify.report import Finding, Kind
from indelible.services.witness_client import NotCosigned, WitnessClient
from indelible.tlog.checkpoint import SignedCheckpoint
from indelible.tlog.merkle import Read, consistency_proof
from indelible.tlog.policy import Policy

AWAY = "The witness {} gives no answer: {}."


def ask_witnesses(policy: Policy, signed: SignedCheckpoint, read: Read, caveats: list[str]) -> Iterator[Finding]:
    """Show the checkpoint to every witness with a URL: who has cosigned a longer or another log will not sign it.

    A witness that gives no answer, or does not know the log, is named in `caveats`.
    """
    size = signed.checkpoint.size
    for witness in policy.witnesses.values():
        if witness.url is None:
            continue
        name = witness.verifier.name
        try:
            with closing(WitnessClient(witness)) as client:
                client.cosign(signed, lambda old: consistency_proof(old, size, read))
        except NotCosigned as error:
            if error.size is not None and error.size > size:
                detail = f"The log has {size} leaves; the witness {name} has cosigned {error.size}."
                yield Finding(Kind.TRUNCATED, detail, leaf_index=size)
            elif error.status in (409, 422):
                yield Finding(Kind.RESIGNED, f"The witness {name} has cosigned another log: {error}.")
            else:
                caveats.append(AWAY.format(name, error))
