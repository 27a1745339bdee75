"""The revision of the project that is measured or tested."""

import subprocess

from testkit.services import ROOT


def revision(*, except_in: str) -> str | None:
    """Return the commit, with a plus when files differ from it; None outside a repository.

    Args:
        except_in: The file or folder that the results are written to, whose changes do not count.
    """
    commit = _git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return None
    return f"{commit}+" if _git("status", "--porcelain", "--", ".", f":!{except_in}") else commit


def _git(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip()
