"""The experiments are tried out on a product with a mistake: each must fail, and say why."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from testkit.project_copy import copy_project
from testkit.services import ROOT
from tests.faults.variants import VARIANTS, Edit, Variant

# Hypothesis takes minutes to make the steps that fail few.
PYTEST = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=600")
TEST_FAILED = 1
"""Exit status of pytest."""


def edited(text: str, edit: Edit) -> str:
    """Return a file's text with the mistake."""
    assert text.count(edit.before) == 1, edit
    return text.replace(edit.before, edit.after)


def make_edits(folder: Path, edits: Sequence[Edit]) -> None:
    """Change the files of a copy."""
    for edit in edits:
        path = folder / edit.path
        path.write_text(edited(path.read_text(), edit))


@pytest.mark.nightly
@pytest.mark.real_kafka
@pytest.mark.real_database
@pytest.mark.timeout(900)
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_experiment_notices_the_mistake(variant: Variant, tmp_path: Path) -> None:
    """It fails, and says what it found."""
    copy_project(tmp_path)
    make_edits(tmp_path, variant.edits)
    done = subprocess.run(
        [*PYTEST, variant.test],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == TEST_FAILED, done.stdout
    assert re.search(variant.finding, done.stdout), done.stdout


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_mistake_can_be_made_in_the_present_code(variant: Variant) -> None:
    """What is replaced is still there, and so is the test."""
    for edit in variant.edits:
        assert edited((ROOT / edit.path).read_text(), edit) != (ROOT / edit.path).read_text()
    path, _, name = variant.test.partition("::")
    assert f"def {name}(" in (ROOT / path).read_text()
