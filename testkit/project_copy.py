"""A copy of the project's files, whose code can be changed without touching the checkout."""

import shutil
import subprocess
from pathlib import Path

from testkit.services import ROOT


def copy_project(folder: Path) -> None:
    """Copy every file that Git knows, as it is in the checkout now."""
    listed = subprocess.run(
        ["git", "ls-files"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
