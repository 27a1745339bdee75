"""Install TimescaleDB into the cache, out of Debian's packages, without root and without Docker.

The packages are unpacked, not installed: the machine's own package database is not touched. The
server runs with the C library that is unpacked beside it, so an older Debian will do.
"""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.support.cache import PartUnavailableError, cache_dir, installing, open_to_all

_SUITE = "trixie"
_POSTGRES_MAJOR = 17
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_LIBRARIES = "usr/lib/x86_64-linux-gnu"
_PROGRAMS = f"usr/lib/postgresql/{_POSTGRES_MAJOR}/bin"
_SERVER_LIBRARIES = f"usr/lib/postgresql/{_POSTGRES_MAJOR}/lib"
_INSTALL_TIMEOUT_S = 300.0
_REMEDY = "install TimescaleDB with `python -m tests.support.install`"

# The server, the extension, and the shared libraries that they load.
_PACKAGES = (
    *(f"postgresql-{_POSTGRES_MAJOR}", f"postgresql-{_POSTGRES_MAJOR}-timescaledb"),
    *("libc6", "libgcc-s1", "libstdc++6", "libcrypt1", "libuuid1", "libcap2", "libcap-ng0"),
    *("libpq5", "libldap2", "libsasl2-2", "libssl3t64", "libcurl4t64", "liburing2", "libnuma1"),
    *("libgssapi-krb5-2", "libkrb5-3", "libk5crypto3", "libkrb5support0", "libkeyutils1"),
    *("libcom-err2", "libpam0g", "libaudit1", "libselinux1", "libpcre2-8-0", "libsystemd0"),
    *("libicu76", "libxml2", "libxslt1.1", "zlib1g", "libzstd1", "liblz4-1", "liblzma5"),
    "libxxhash0",
)

# The unpacked loader loads the unpacked libraries, not the machine's.
_WRAPPER = """\
#!/bin/sh
exec {root}/{libraries}/ld-linux-x86-64.so.2 --inhibit-cache \
--library-path {root}/{libraries}:{root}/{server_libraries} --argv0 "$0" "$0.real" "$@"
"""


def programs_dir() -> Path:
    """The folder that holds `initdb` and `postgres` once they are installed."""
    return _target() / _PROGRAMS


def unavailable_reason() -> str | None:
    """Why TimescaleDB cannot be started here, with the remedy; None if it can."""
    if unsuitable := _unsuitable_machine():
        return unsuitable
    return None if _target().exists() else f"TimescaleDB is not in {_target()}: {_REMEDY}"


def install() -> Path:
    """Install TimescaleDB unless it is installed, and give the folder of its programs.

    Raises:
        PartUnavailableError: the machine is not suitable, or its mirror does not answer.
    """
    if unsuitable := _unsuitable_machine():
        raise PartUnavailableError(unsuitable)
    with installing(_target()) as folder:
        if folder is not None:
            _download(folder / "apt")
            _unpack(folder / "apt", folder)
            shutil.rmtree(folder / "apt")
            _wrap_programs(folder / _PROGRAMS)
    return programs_dir()


def _target() -> Path:
    return cache_dir() / f"timescaledb-debian-{_SUITE}"


def _unsuitable_machine() -> str | None:
    if (machine := platform.machine()) != "x86_64":
        return f"TimescaleDB is installed for x86_64 only, this machine is {machine}: use Docker"
    if _os_release().get("ID") != "debian" or not _KEYRING.exists():
        return (
            f"TimescaleDB is installed out of Debian's packages and {_KEYRING} or Debian itself is"
            " missing here: run the tests in a Debian container"
        )
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    return f"{missing[0]} is not on the PATH: install apt and dpkg" if missing else None


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _download(state: Path) -> None:
    """Download the packages with an apt state of our own, from the machine's own mirror."""
    for folder in ("lists/partial", "cache/archives/partial", "packages"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    source = f"deb [arch=amd64 signed-by={_KEYRING}] {_mirror()} {_SUITE} main\n"
    (state / "sources.list").write_text(source)
    _run_apt(state, "update", "--error-on=any")
    _run_apt(state, "download", *_PACKAGES)


def _mirror() -> str:
    line_format = "$(RELEASE) $(COMPONENT) $(REPO_URI)"
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", line_format, "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    release = _os_release().get("VERSION_CODENAME", "")
    found = re.search(rf"^{re.escape(release)} main (\S+)$", listed.stdout, re.MULTILINE)
    if not release or found is None:
        raise PartUnavailableError(
            f"apt's configuration names no mirror with the component main of {release or 'Debian'}:"
            " add one to /etc/apt/sources.list.d"
        )
    return found[1]


def _run_apt(state: Path, *arguments: str) -> None:
    command = ["apt-get", "--quiet", *_apt_options(state), *arguments]
    try:
        done = subprocess.run(
            command,
            cwd=state / "packages",
            capture_output=True,
            text=True,
            check=False,
            timeout=_INSTALL_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise PartUnavailableError(
            f"`apt-get {arguments[0]}` was not done after {_INSTALL_TIMEOUT_S:.0f} s:"
            " check the network and try again"
        ) from error
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.startswith("E:")]
        raise PartUnavailableError(
            f"`apt-get {arguments[0]}` failed ({(lines or ['no message'])[0]}):"
            " check the network and the mirror in apt's configuration, then try again"
        )


def _apt_options(state: Path) -> Iterator[str]:
    settings = {
        "Dir::State": state,
        "Dir::State::status": state / "status",
        "Dir::State::lists": state / "lists",
        "Dir::Cache": state / "cache",
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Etc::PreferencesParts": "/dev/null",
        "APT::Architecture": "amd64",
        "APT::Architectures": "amd64",
        # Not as user _apt, who cannot enter our folder; and no hooks of the machine's.
        "APT::Sandbox::User": "",
        "APT::Update::Post-Invoke-Success": "",
        "Debug::NoLocking": "1",
        # Less to download: no translations, no descriptions for software centres.
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    }
    for name, value in settings.items():
        yield from ("-o", f"{name}={value}")


def _unpack(state: Path, folder: Path) -> None:
    for package in sorted((state / "packages").glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(folder)], check=True)
    # dpkg-deb gives the folder the mode of the package's root.
    open_to_all(folder)


def _wrap_programs(programs: Path) -> None:
    wrapper = _WRAPPER.format(
        root=_target(), libraries=_LIBRARIES, server_libraries=_SERVER_LIBRARIES
    )
    for program in list(programs.iterdir()):
        if program.is_symlink() or program.read_bytes()[:4] != b"\x7fELF":
            continue
        program.rename(program.with_name(f"{program.name}.real"))
        program.write_text(wrapper)
        program.chmod(0o755)
