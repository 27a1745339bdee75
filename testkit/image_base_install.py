"""Install a bare Debian with Python into the cache: what the image begins with, without Docker.

It takes the place of `python:3.13-slim-trixie`: the same Debian and the same minor version of
Python, which is Debian's own here.
"""

import shutil
from pathlib import Path

from testkit import debian_packages
from testkit.cache import PartUnavailableError, cache_dir, installing

PYTHON = "python3.13"
_REMEDY = "install it with `python -m testkit.install`"

_PACKAGES = (
    *("base-files", "base-passwd", "bash", "dash", "coreutils", "passwd", "util-linux", "netbase"),
    *("ca-certificates", "tzdata", "libc-bin", "libc6", "libgcc-s1", "libstdc++6", "login.defs"),
    # What the programs of the shell and `useradd` load.
    *("libacl1", "libattr1", "libaudit1", "libbsd0", "libcap-ng0", "libcrypt1", "libgmp10"),
    *("libmd0", "libpam0g", "libpcre2-8-0", "libselinux1", "libsemanage2", "libsepol2"),
    *("libsystemd0", "libtinfo6", "libcap2"),
    # Python, the wheel of pip for `venv`, and what its modules load.
    *(f"{PYTHON}-minimal", PYTHON, f"{PYTHON}-venv", f"lib{PYTHON}-minimal", f"lib{PYTHON}-stdlib"),
    *("python3-pip-whl", "libexpat1", "zlib1g", "libbz2-1.0", "libffi8", "liblzma5", "libuuid1"),
    *("libncursesw6", "libreadline8t64", "libsqlite3-0", "libssl3t64", "libzstd1", "media-types"),
)

_FOLDERS = ("proc", "dev", "tmp", "root", "usr/local/bin")


def unavailable_reason() -> str | None:
    """Why it cannot be used here, with the remedy; None if it can."""
    if unsuitable := _unsuitable_machine():
        return unsuitable
    return None if folder().exists() else f"a bare Debian is not in {folder()}: {_REMEDY}"


def install() -> Path:
    """Install it unless it is installed, and give its folder.

    Raises:
        PartUnavailableError: The machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := _unsuitable_machine():
        raise PartUnavailableError(unsuitable)
    with installing(folder()) as root:
        if root is not None:
            debian_packages.unpack(root, _PACKAGES)
            _set_up(root)
    return folder()


def folder() -> Path:
    """Where it is installed."""
    return cache_dir() / f"{PYTHON}-debian-{debian_packages.SUITE}"


def _unsuitable_machine() -> str | None:
    if unsuitable := debian_packages.unsuitable_machine("the image's Debian"):
        return unsuitable
    missing = [tool for tool in ("unshare", "mount") if shutil.which(tool) is None]
    return f"{missing[0]} is not on the PATH: install util-linux and mount" if missing else None


def _set_up(root: Path) -> None:
    """Do what the scripts of the packages would do, as far as it is needed here."""
    for name in _FOLDERS:
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in ("passwd", "group"):
        shutil.copy(root / f"usr/share/base-passwd/{name}.master", root / f"etc/{name}")
        (root / f"etc/{'g' if name == 'group' else ''}shadow").touch(mode=0o640)
    for name in ("python", "python3"):
        (root / "usr/local/bin" / name).symlink_to(f"/usr/bin/{PYTHON}")
    (root / "usr/bin/sh").unlink(missing_ok=True)
    (root / "usr/bin/sh").symlink_to("dash")
    authorities = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    bundle.parent.mkdir(parents=True, exist_ok=True)
    bundle.write_text("".join(file.read_text() for file in authorities))
