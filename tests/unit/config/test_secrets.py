"""Secrets by reference: found, or a sentence that does not tell them."""

from pathlib import Path

import pytest

from jmswrap.config.secrets import MOST_BYTES, Secret, is_reference, misplaced, resolve
from jmswrap.errors import ConfigError


def test_a_secret_comes_from_the_environment(tmp_path: Path) -> None:
    assert resolve("env:KEY", tmp_path, {"KEY": "s3cret"}).text == "s3cret"


def test_a_secret_comes_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "k1").write_bytes(b"s3cret\r\n")
    assert resolve("file:k1", tmp_path, {}).value == b"s3cret"
    assert resolve(f"file:{tmp_path / 'k1'}", Path("/"), {}).value == b"s3cret"


def test_a_secret_shows_itself_nowhere() -> None:
    assert "s3cret" not in repr(Secret("env:KEY", b"s3cret")) + str(Secret("env:KEY", b"s3cret"))


@pytest.mark.parametrize("reference", ["env:KEY", "file:absent", "file:empty", "file:.", "file:long"])
def test_a_secret_that_is_not_there_is_told_in_one_sentence(tmp_path: Path, reference: str) -> None:
    (tmp_path / "empty").write_bytes(b"\n")
    (tmp_path / "long").write_bytes(b"x" * (MOST_BYTES + 1))
    with pytest.raises(ConfigError) as told:
        resolve(reference, tmp_path, {"KEY": ""})
    assert reference in str(told.value)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", ["hunter2", "env:", "env:A-B", "file:", "ENV:KEY", "vault:x", ""])
def test_what_is_no_reference_is_not_repeated(tmp_path: Path, text: str) -> None:
    assert not is_reference(text)
    with pytest.raises(ConfigError) as told:
        resolve(text, tmp_path, {})
    assert "hunter2" not in str(told.value) + misplaced("store.encryption.keys[1].secret")


def test_a_secret_that_is_no_text_does_not_show_its_bytes() -> None:
    with pytest.raises(ConfigError) as told:
        _ = Secret("file:k", b"\xffs3cret").text
    assert "s3cret" not in str(told.value)
    assert told.value.__cause__ is None
