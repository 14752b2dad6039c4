"""Whom to trust (C2SP tlog-policy): which logs, which witnesses, and which of these must have cosigned."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from indelible.errors import InvalidNote
from indelible.tlog.checkpoint import SignedCheckpoint, open_checkpoint
from indelible.tlog.key import COSIGNATURE, ED25519, Verifier

NOBODY = "none"
_WORD = re.compile(r"[^ \t]+")


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its key, and the URL under which it takes checkpoints, if it is known."""

    verifier: Verifier
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups by name, of which `least` must have cosigned."""

    least: int
    members: tuple[str, ...]


@dataclass(slots=True)
class Policy:
    """`logs` that may sign, `witnesses` and `groups` by name, and the name of the `quorum`."""

    logs: list[Verifier] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    quorum: str = ""

    @classmethod
    def trusting(cls, *logs: Verifier) -> Self:
        """A policy of logs alone, without witnesses."""
        return cls(logs=list(logs), quorum=NOBODY)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The policy in the lines of a policy file.

        Raises:
            InvalidNote: a line is malformed, names what no earlier line defines, or there is not one quorum.
        """
        policy = cls()
        for number, line in enumerate(text.split("\n"), 1):
            words = _WORD.findall(line)
            if words and not words[0].startswith("#"):
                try:
                    policy._take(*words)
                except (InvalidNote, TypeError) as error:
                    told = str(error) if isinstance(error, InvalidNote) else "It has too few or too many words."
                    raise InvalidNote(f"Line {number} of the policy is malformed. {told}") from None
        if not policy.quorum:
            raise InvalidNote("The policy has no quorum: `quorum none` would ask for no witness.")
        return policy

    def open(self, content: str | bytes) -> SignedCheckpoint:
        """A checkpoint that one of the logs signed and the quorum cosigned.

        Raises:
            InvalidNote: it is not so.
        """
        opened = open_checkpoint(content, self.logs, self.verifiers)
        if not self.is_met(opened.witnesses):
            raise InvalidNote(f"The quorum {self.quorum} has not cosigned the checkpoint.")
        return opened

    @property
    def verifiers(self) -> tuple[Verifier, ...]:
        """The keys of all witnesses."""
        return tuple(witness.verifier for witness in self.witnesses.values())

    def is_met(self, cosigned: Iterable[Verifier]) -> bool:
        """Whether those who `cosigned` make up the quorum."""
        return self._has_seen(self.quorum, frozenset(cosigned))

    def _has_seen(self, name: str, cosigned: frozenset[Verifier]) -> bool:
        if name == NOBODY:
            return True
        if witness := self.witnesses.get(name):
            return witness.verifier in cosigned
        group = self.groups[name]
        return sum(self._has_seen(member, cosigned) for member in group.members) >= group.least

    def _take(self, kind: str, *words: str) -> None:
        lines: dict[str, Callable[..., None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._quorum,
        }
        if kind not in lines:
            raise InvalidNote("It is none of log, witness, group and quorum.")
        lines[kind](*words)

    def _log(self, vkey: str, _url: str | None = None) -> None:
        verifier = _new(vkey, ED25519, self.logs)
        self.logs.append(verifier)

    def _witness(self, name: str, vkey: str, url: str | None = None) -> None:
        self._require_new(name)
        self.witnesses[name] = Witness(_new(vkey, COSIGNATURE, self.verifiers), url)

    def _group(self, name: str, least: str, *members: str) -> None:
        self._require_new(name)
        for member in members:
            self._require_known(member)
        count = {"any": 1, "all": len(members)}.get(least) or (int(least) if least.isdecimal() else 0)
        if not 1 <= count <= len(members) or len(set(members)) < len(members):
            raise InvalidNote("A group needs between one and all of its members, each named once.")
        self.groups[name] = Group(count, members)

    def _quorum(self, name: str) -> None:
        if self.quorum:
            raise InvalidNote("There is a quorum already.")
        if name != NOBODY:
            self._require_known(name)
        self.quorum = name

    def _require_new(self, name: str) -> None:
        if name == NOBODY or name in self.witnesses or name in self.groups:
            raise InvalidNote("The name is taken.")

    def _require_known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise InvalidNote(f"No earlier line defines {name}.")


def _new(vkey: str, kind: int, known: Iterable[Verifier]) -> Verifier:
    """The key, which none of the known ones shares: one key under two names must not count twice."""
    verifier = Verifier.from_text(vkey)
    if verifier.kind != kind:
        raise InvalidNote("The key is of the other kind: logs sign (01), witnesses cosign (04).")
    if any(verifier.key == other.key for other in known):
        raise InvalidNote("The key is there already.")
    return verifier
