"""The signature of a file changes with the file."""

from pathlib import Path

from configuration.file_signature import file_signature


def test_it_changes_when_the_file_is_written_or_replaced(tmp_path: Path) -> None:
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_text("one")
    other.write_text("one")
    found = [file_signature(file)]
    file.write_text("longer")
    found.append(file_signature(file))
    other.rename(file)
    found.append(file_signature(file))
    assert len(set(found)) == len(found)


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert file_signature(tmp_path / "file") is None
