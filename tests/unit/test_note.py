"""Signed notes: what others published is read and made alike; every change of a text or signature is noticed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indelible.errors import InvalidNote
from indelible.tlog.note import COSIGNATURE, ED25519, Note, Signer, Verifier, open_note, parse_note, sign_note
from tests.published import GO_NOTE, GO_SIGNER, GO_TEXT, GO_VERIFIER, SPEC_NOTE, SPEC_VERIFIER

SIGNER = Signer.generate("log.example/audit")
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=80).map(
    lambda text: text + "\n"
)


def test_the_published_note_is_made_to_the_byte() -> None:
    """Ed25519 is deterministic: the same key and text give the signature that Go's documentation shows."""
    signer = Signer.from_text(GO_SIGNER)
    assert sign_note(GO_TEXT, signer).to_text() == GO_NOTE
    assert signer.verifier.to_text() == GO_VERIFIER
    assert signer.to_text() == GO_SIGNER


@pytest.mark.parametrize(("note", "vkey"), [(GO_NOTE, GO_VERIFIER), (SPEC_NOTE, SPEC_VERIFIER)])
def test_published_notes_are_opened(note: str, vkey: str) -> None:
    """A known key opens a note, as text and as bytes; another key does not."""
    assert open_note(note, [Verifier.from_text(vkey)]).text == note.partition("\n\n")[0] + "\n"
    assert open_note(note.encode(), [SIGNER.verifier, Verifier.from_text(vkey)]).to_text() == note
    with pytest.raises(InvalidNote, match="no known key"):
        open_note(note, [SIGNER.verifier])


@given(TEXTS, st.sampled_from([ED25519, COSIGNATURE]), st.integers(0, 2**40))
def test_whatever_is_signed_is_opened(text: str, kind: int, time: int) -> None:
    """Texts with blank lines and dashes too; a cosignature says when."""
    signer = Signer.generate("witness.example/w1", kind)
    signature = signer.sign(text, time)
    note = open_note(Note(text, (signature,)).to_text(), [signer.verifier])
    assert note == Note(text, (signature,))
    assert signature.time == (time if kind == COSIGNATURE else 0)


@given(st.data())
def test_every_flipped_bit_is_noticed(data: st.DataObject) -> None:
    """No bit of a note can change and the note still be opened as another one."""
    content = bytearray(sign_note("log.example/audit\n7\nx\n", SIGNER).to_text().encode())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InvalidNote):
        open_note(bytes(content), [SIGNER.verifier])


def test_unknown_signatures_are_ignored_and_false_ones_are_not() -> None:
    """A stranger's signature does no harm; a known key's that is not valid spoils the note."""
    stranger = Signer.generate("stranger.example")
    both = sign_note("text\n", stranger, SIGNER)
    assert open_note(both.to_text(), [SIGNER.verifier]) == sign_note("text\n", SIGNER)
    false = Note("text\n", (stranger.sign("text\n"), SIGNER.sign("other\n")))
    with pytest.raises(InvalidNote, match="is not valid"):
        open_note(false.to_text(), [SIGNER.verifier, stranger.verifier])


def test_a_signature_of_one_kind_is_none_of_the_other() -> None:
    """With one seed and name, what a log signs is no cosignature: the keys have other ids."""
    witness = Signer(SIGNER.name, COSIGNATURE, SIGNER.seed)
    assert witness.verifier.key == SIGNER.verifier.key
    with pytest.raises(InvalidNote, match="no known key"):
        open_note(sign_note("text\n", SIGNER).to_text(), [witness.verifier])


def test_a_time_past_all_clocks_is_refused() -> None:
    """A cosignature's time has 63 bits."""
    witness = Signer.generate("witness.example/w1", COSIGNATURE)
    for time, good in ((2**63 - 1, True), (2**63, False)):
        assert witness.verifier.verifies("text\n", witness.sign("text\n", time)) is good


@pytest.mark.parametrize("count", [16, 100, 101])
def test_as_many_signatures_as_the_standard_asks_for(count: int) -> None:
    """Sixteen must be read; there is an end somewhere."""
    content = Note("text\n", (SIGNER.sign("text\n"),) * count).to_text()
    if count <= 100:
        assert len(open_note(content, [SIGNER.verifier]).signatures) == count
    else:
        with pytest.raises(InvalidNote, match="too many"):
            open_note(content, [SIGNER.verifier])


@pytest.mark.parametrize(
    "content",
    [
        GO_NOTE.replace("\n\n", "\n"),
        GO_NOTE[:-1],
        GO_NOTE + "\n",
        GO_NOTE.replace("\n", "\r\n"),
        "\x00" + GO_NOTE,
        GO_NOTE.replace("— ", "- "),
        GO_NOTE.replace("— ", "—  "),
        GO_NOTE.replace("=\n", "\n"),
        GO_NOTE.replace("— Peter", "— Peter+"),
        GO_NOTE.replace("Neumann ", "Neumann\u00a0"),
        GO_NOTE + "trailing\n",
        GO_NOTE.partition("— ")[0] + "— PeterNeumann x08goA==\n",
        "x" * 1_000_000 + GO_NOTE,
        GO_NOTE.encode("utf-16"),
    ],
    ids=range(14),
)
def test_malformed_notes_are_refused(content: str | bytes) -> None:
    """The format has one spelling: no carriage return, no missing newline, no loose base64."""
    with pytest.raises(InvalidNote):
        open_note(content, [Verifier.from_text(GO_VERIFIER)])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "PeterNeumann",
        GO_VERIFIER.replace("c74f20a3", "c74f20a4"),
        GO_VERIFIER.replace("c74f20a3", "C74F20A3"),
        GO_VERIFIER.replace("PeterNeumann", "Peter Neumann"),
        GO_VERIFIER.replace("+AR", "+Ah"),
        GO_VERIFIER[:-4],
        GO_SIGNER,
    ],
)
def test_malformed_keys_are_refused(vkey: str) -> None:
    """A verifier key's id must be that of its name, kind and key."""
    with pytest.raises(InvalidNote):
        Verifier.from_text(vkey)


def test_a_private_key_is_never_shown() -> None:
    """Neither in the text of an object nor in that of an error."""
    signer = Signer.from_text(GO_SIGNER)
    assert str(signer.seed) not in repr(signer)
    with pytest.raises(InvalidNote) as refusal:
        Signer.from_text(GO_SIGNER.replace("c74f20a3", "00000000"))
    assert "AYEKFALV" not in str(refusal.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_refused(content: bytes) -> None:
    """Strangers' bytes end in InvalidNote, never in another error."""
    with pytest.raises(InvalidNote):
        parse_note(content + b"\n\n")
