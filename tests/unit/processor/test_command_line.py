"""The command line of the processor: old names of commands keep working for one release."""

import sys

import pytest

from processor.__main__ import RENAMED_COMMANDS, _arguments, _parser


def test_the_old_name_of_reset_offsets_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["processor", "begin-anew"])
    assert _arguments().command == "reset-offsets"


def test_the_help_lists_new_names_only() -> None:
    usage = _parser().format_usage()
    assert "reset-offsets" in usage
    assert not any(old in usage for old in RENAMED_COMMANDS)
