"""Checks the limit on open files of a process."""

import resource


def too_few_files_reason(needed: int) -> str | None:
    """Return why a test with so many connections cannot run, None if it can."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < needed:
        return f"{needed} open files are needed, {most} allowed: raise the hard limit (ulimit -Hn)"
    return None
