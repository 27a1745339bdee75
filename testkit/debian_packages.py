"""Unpack Debian's packages into a folder, without root; those of the machine stay as they are.

Programs run with the C library that is unpacked beside them, so an older Debian will do.
"""

import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from testkit.apt import run_apt
from testkit.cache import PartUnavailableError, open_to_all

SUITE = "trixie"
LIBRARIES = "usr/lib/x86_64-linux-gnu"

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# The unpacked loader loads the unpacked libraries, not the machine's.
_WRAPPER = """\
#!/bin/sh
exec {root}/{libraries}/ld-linux-x86-64.so.2 --inhibit-cache \
--library-path {path} --argv0 "$0" "$0.real" "$@"
"""


def unsuitable_machine(part: str) -> str | None:
    """Why packages cannot be unpacked for a part here, with the remedy; None if they can."""
    if (machine := platform.machine()) != "x86_64":
        return f"{part} is installed for x86_64 only, this machine is {machine}: use Docker"
    if _os_release().get("ID") != "debian" or not _KEYRING.exists():
        return (
            f"{part} is installed out of Debian's packages and {_KEYRING} or Debian itself is"
            " missing here: run the tests in a Debian container"
        )
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    return f"{missing[0]} is not on the PATH: install apt and dpkg" if missing else None


def unpack(folder: Path, packages: Sequence[str], *, suite: str = SUITE) -> None:
    """Download packages from the machine's own mirror and unpack them into a folder.

    Raises:
        PartUnavailableError: The mirror does not answer, or has not these packages.
    """
    state = folder / "apt"
    _download(state, packages, suite)
    for package in sorted((state / "packages").glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(folder)], check=True)
    # dpkg-deb gives the folder the mode of the package's root.
    open_to_all(folder)
    shutil.rmtree(state)


def wrap_programs(programs: Path, *, root: Path, libraries: Sequence[str] = (LIBRARIES,)) -> None:
    """Let programs run with the unpacked libraries, once the folder of both is at `root`."""
    path = ":".join(f"{root}/{folder}" for folder in libraries)
    wrapper = _WRAPPER.format(root=root, libraries=LIBRARIES, path=path)
    for program in list(programs.iterdir()):
        if program.is_symlink() or program.read_bytes()[:4] != b"\x7fELF":
            continue
        program.rename(program.with_name(f"{program.name}.real"))
        program.write_text(wrapper)
        program.chmod(0o755)


def own_suite() -> str:
    """Return the name of the machine's own release, such as bookworm."""
    return _os_release().get("VERSION_CODENAME", SUITE)


def _os_release() -> dict[str, str]:
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def _download(state: Path, packages: Sequence[str], suite: str) -> None:
    """Download the packages with an apt state of our own, from the machine's own mirror."""
    for folder in ("lists/partial", "cache/archives/partial", "packages"):
        (state / folder).mkdir(parents=True)
    (state / "status").touch()
    source = f"deb [arch=amd64 signed-by={_KEYRING}] {_mirror()} {suite} main\n"
    (state / "sources.list").write_text(source)
    _run_apt(state, "update", "--error-on=any")
    _run_apt(state, "download", *packages)


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
    run_apt(*_apt_options(state), *arguments, folder=state / "packages")


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
