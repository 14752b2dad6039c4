"""A sealer's folder: for its owner alone, never guessing, and with no new key behind anybody's back."""

from pathlib import Path

import pytest

from indelible.errors import ConfigurationError, EmbeddedError, SealRefused
from indelible.services.seal.folder import SealerFolder
from indelible.services.seal.memory import Memory, Server

ORIGIN = "log.test/a"
MEMORY = Memory(ORIGIN, 3, Server(7711699799238646595, 2, 5), 1234, bytes(range(32)))


@pytest.fixture
def folder(tmp_path: Path) -> SealerFolder:
    """A folder that is yet to be made."""
    return SealerFolder(tmp_path / "sealer")


def test_it_remembers(folder: SealerFolder) -> None:
    """What was signed last comes back as it was, from a file that nobody else can read."""
    assert folder.memory() is None
    folder.remember(MEMORY)
    assert SealerFolder(folder.path).memory() == MEMORY
    assert (folder.path / "last-signed.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"origin": "a"}', MEMORY.to_text().replace("1f", "xx")])
def test_a_broken_memory_is_refused(folder: SealerFolder, text: str) -> None:
    """To take it for empty would be to sign anything."""
    folder.remember(MEMORY)
    (folder.path / "last-signed.json").write_text(text)
    with pytest.raises(SealRefused, match="cannot be read"):
        folder.memory()


def test_a_key_is_made_once(folder: SealerFolder) -> None:
    """The same key ever after, under the name of its log, in a file that nobody else can read."""
    assert folder.key_name() is None
    signer = folder.make_key(ORIGIN)
    assert folder.make_key(ORIGIN) == signer
    assert folder.signers(ORIGIN) == (signer,)
    assert folder.key_name() == signer.name == ORIGIN
    assert (folder.path / "keys").stat().st_mode & 0o777 == 0o600


def test_a_new_epoch_s_name_needs_no_new_key(folder: SealerFolder) -> None:
    """The key goes on under the log's new name: it has another id, so no signature counts for both."""
    signer = folder.make_key(ORIGIN)
    (other,) = folder.signers(f"{ORIGIN}/epoch-2")
    assert other.seed == signer.seed and other.verifier.key_id != signer.verifier.key_id


def test_rotation_keeps_the_former_key_once(folder: SealerFolder) -> None:
    """The new key comes first, the one before it second, and the one before that no more."""
    first = folder.make_key(ORIGIN)
    second = folder.rotate(ORIGIN)
    assert folder.signers(ORIGIN) == (second, first)
    third = folder.rotate(ORIGIN)
    assert folder.signers(ORIGIN) == (third, second)
    assert len({first.seed, second.seed, third.seed}) == 3


@pytest.mark.parametrize("text", ["", "\n", "PRIVATE+KEY+broken"])
def test_lost_keys_are_not_replaced(folder: SealerFolder, text: str) -> None:
    """Who trusts the former key would never learn of a new one made in silence."""
    folder.make_key(ORIGIN)
    (folder.path / "keys").write_text(text)
    for work in (folder.signers, folder.make_key, folder.rotate):
        with pytest.raises(ConfigurationError, match="restore them"):
            work(ORIGIN)


def test_a_name_that_no_note_can_carry_is_refused(folder: SealerFolder) -> None:
    """A space or a plus would break every signature line."""
    with pytest.raises(ConfigurationError, match="cannot be named"):
        folder.make_key("my log")


def test_a_folder_that_others_may_write_to_is_refused(folder: SealerFolder) -> None:
    """They could put a key or a memory of theirs into it."""
    folder.remember(MEMORY)
    folder.path.chmod(0o777)
    for work in (folder.memory, lambda: folder.signers(ORIGIN), lambda: folder.remember(MEMORY)):
        with pytest.raises(EmbeddedError, match="Others may write"):
            work()
