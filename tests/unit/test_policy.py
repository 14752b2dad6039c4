"""Policies: who must have cosigned, and policies that would count anybody twice are refused."""

from itertools import combinations

import pytest

from indelible.errors import InvalidNote
from indelible.tlog.note import COSIGNATURE, Signer, Verifier
from indelible.tlog.policy import Policy
from tests.published import CHECKPOINT, LOG, STRANGER, WITNESSES

NAMES = ("garden", "smartit", "remora", "stagemole")
LINES = "\n".join(f"witness {name} {key} https://{name}.example/" for name, key in zip(NAMES, WITNESSES, strict=True))
NESTED = f"""
# the example of C2SP tlog-policy, with other names
log {LOG}
\t{LINES}
group both 2 garden smartit
group one any remora stagemole
group all-of-it all both one
quorum all-of-it
"""


def test_the_quorum_of_nested_groups() -> None:
    """Both of the one group and any of the other, and nothing less."""
    policy = Policy.parse(NESTED)
    keys = dict(zip(NAMES, policy.verifiers, strict=True))
    for count in range(5):
        for names in combinations(NAMES, count):
            met = {"garden", "smartit"} <= set(names) and bool({"remora", "stagemole"} & set(names))
            assert policy.is_met(keys[name] for name in names) is met


def test_a_public_checkpoint_meets_its_policy() -> None:
    """All four cosigned it; a fifth who did not can be asked for, and is missing."""
    assert Policy.parse(NESTED).open(CHECKPOINT).checkpoint.size == 1432088532
    with pytest.raises(InvalidNote, match="has not cosigned"):
        Policy.parse(NESTED.replace("quorum all-of-it", f"witness fifth {STRANGER}\nquorum fifth")).open(CHECKPOINT)


def test_a_stripped_cosignature_is_missed() -> None:
    """What a log leaves out of the note does not count."""
    stripped = "".join(line + "\n" for line in CHECKPOINT.splitlines() if "smartit" not in line)
    with pytest.raises(InvalidNote, match="has not cosigned"):
        Policy.parse(NESTED).open(stripped)


def test_without_witnesses_the_log_alone_is_trusted() -> None:
    """`quorum none` asks for no cosignature, and still for the log's."""
    assert Policy.parse(f"log {LOG}\nquorum none").open(CHECKPOINT).witnesses == ()
    assert Policy.trusting(Verifier.from_text(LOG)).open(CHECKPOINT).witnesses == ()
    with pytest.raises(InvalidNote, match="not signed by a known key"):
        Policy.trusting(Signer.generate("log.example").verifier).open(CHECKPOINT)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("quorum none", "a quorum already"),
        (f"witness again {WITNESSES[0]}", "there already"),
        (f"log {LOG}", "there already"),
        (f"witness garden {STRANGER}", "name is taken"),
        (f"witness none {STRANGER}", "name is taken"),
        (f"witness log {LOG}", "other kind"),
        (f"log {WITNESSES[0]}", "other kind"),
        (f"witness {STRANGER}", "too few"),
        ("group empty any", "one and all"),
        ("group too-many 3 garden smartit", "one and all"),
        ("group none-of 0 garden", "one and all"),
        ("group twice 2 garden garden", "named once"),
        ("group early any late", "No earlier line defines late"),
        ("group itself any itself", "No earlier line"),
        ("watch garden", "none of log"),
    ],
)
def test_malformed_policies_are_refused(line: str, message: str) -> None:
    """The line is told, and why."""
    assert Policy.parse(NESTED).quorum == "all-of-it"
    with pytest.raises(InvalidNote, match=f"Line 12 .*{message}"):
        Policy.parse(f"{NESTED}{line}")


def test_a_policy_needs_a_quorum() -> None:
    """Forgetting it must not mean that no witness is needed."""
    with pytest.raises(InvalidNote, match="no quorum"):
        Policy.parse(f"log {LOG}\n{LINES}")


def test_one_key_under_two_names_counts_once() -> None:
    """A witness cannot make a quorum of itself by signing under two names."""
    signer = Signer.generate("w.example/1", COSIGNATURE)
    twin = Signer("w.example/2", COSIGNATURE, signer.seed)
    with pytest.raises(InvalidNote, match="there already"):
        Policy.parse(f"witness a {signer.verifier.to_text()}\nwitness b {twin.verifier.to_text()}\nquorum a")
