"""The command line of the processor: old names of commands keep working for one release."""

import sys

import pytest

from processor.archive.audit.derived import Extent
from processor.command_line import EXTENTS, RENAMED_COMMANDS, _parser, read_arguments


def test_the_old_name_of_reset_offsets_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["processor", "begin-anew"])
    assert read_arguments().command == "reset-offsets"


def test_the_help_lists_new_names_only() -> None:
    usage = _parser().format_usage()
    assert "reset-offsets" in usage
    assert not any(old in usage for old in RENAMED_COMMANDS)


def test_the_extents_of_an_audit_are_those_of_the_audit() -> None:
    assert list(Extent) == list(EXTENTS)
