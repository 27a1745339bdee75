"""Follow the lines of deploy/Dockerfile without Docker: the same tree of files in a folder.

COPY, ENV, WORKDIR, USER, LABEL, ARG and CMD do what they do for Docker, with .dockerignore; RUN
runs in the folder as its root. Two things differ. `python:3.13-slim-trixie` is Debian's own Python
of that version in a bare Debian (image_base_install.py). The page's stage has no base: its files
are copied where Docker would copy them, but its RUN lines are replaced by the page that is built
here already.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from testkit import image_base_install
from testkit.build_context import BuildContext
from testkit.cache import cache_dir, installing
from testkit.container import Container
from testkit.dockerfile import DockerfileError, Instruction, Stage, command, fill_in, parse
from testkit.services import ROOT

_PYTHON_BASE = re.compile(r"python:(3\.\d+)[.\d]*-slim-trixie")
_NODE_BASE = re.compile(r"node:\d+-trixie-slim")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_RUN_TIMEOUT_S = 600.0


class ImageError(Exception):
    """A line of the Dockerfile failed; the message has the line and what it printed."""


@dataclass
class Image:
    """A folder with what the lines so far have made, and the settings of the image."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    uid: int = 0
    command: list[str] = field(default_factory=list)

    def path(self, text: str) -> Path:
        """Return where a path of the image is on this machine, following no link."""
        return self.root / str(PurePosixPath(self.workdir) / text).lstrip("/")


def dockerfile_text() -> str:
    """Return the Dockerfile of the project."""
    return (ROOT / "deploy/Dockerfile").read_text()


def build(text: str, folder: Path) -> Image:
    """Build the image of a Dockerfile in a folder, each of its stages in one of its own.

    Raises:
        DockerfileError: A line cannot be followed.
        FileNotFoundError: A COPY names what is not there.
        ImageError: A RUN failed.
    """
    *earlier, last = parse(text)
    made = {stage.name: _build_earlier(stage, folder / stage.name) for stage in earlier}
    return _build(last, folder / "image", made)


def install_packages() -> Path:
    """Build the stage that needs the network, unless it is in the cache, and give its folder."""
    image_base_install.install()
    return _cached(_packages())


def unavailable_reason() -> str | None:
    """Why the image cannot be built here, with the remedy; None if it can."""
    if reason := image_base_install.unavailable_reason():
        return reason
    probe = Container(image_base_install.folder(), {"PATH": _PATH}).run(["true"])
    if probe.returncode != 0:
        return (
            f"no mount namespace can be made here ({probe.stdout.strip()}): run the tests as root"
        )
    if not (folder := _cached_folder(_packages())).exists():
        return f"the image's packages are not in {folder}: run `python -m testkit.install`"
    return None


def _packages() -> Stage:
    """Return the stage that needs the network."""
    [stage] = [stage for stage in parse(dockerfile_text()) if stage.name == "packages"]
    return stage


def _build_earlier(stage: Stage, folder: Path) -> Path:
    if _NODE_BASE.fullmatch(stage.base):
        return _take_built_page(stage, folder)
    return _cached(stage)


def _cached(stage: Stage) -> Path:
    """Build a stage once for each content of its lines and of the files that it copies."""
    target = _cached_folder(stage)
    with installing(target) as folder:
        if folder is not None:
            _build(stage, folder, {})
    return target


def _cached_folder(stage: Stage) -> Path:
    context = BuildContext(ROOT)
    digest = hashlib.sha256(image_base_install.folder().name.encode())
    for instruction in stage.instructions:
        digest.update(f"{instruction.name} {instruction.text}\n".encode())
        for source in instruction.words[:-1] if instruction.name == "COPY" else []:
            for path in context.files(source):
                digest.update((ROOT / path).read_bytes())
    return cache_dir() / f"image-{stage.name}-{digest.hexdigest()[:16]}"


def _build(stage: Stage, folder: Path, made: dict[str, Path]) -> Image:
    base = _PYTHON_BASE.fullmatch(stage.base)
    if base is None or f"python{base[1]}" != image_base_install.PYTHON:
        raise DockerfileError(f"FROM {stage.base}: it has no equivalent in {__name__}")
    _copy_tree(image_base_install.folder(), folder)
    image = Image(folder)
    for instruction in stage.instructions:
        _follow(instruction, image, made)
    return image


def _follow(instruction: Instruction, image: Image, made: dict[str, Path]) -> None:
    text = instruction.text
    match instruction.name:
        case "ARG" | "ENV" | "LABEL":
            _name(instruction, image)
        case "USER":
            image.uid = int(text)
        case "WORKDIR":
            image.workdir = text
            image.path(text).mkdir(parents=True, exist_ok=True)
        case "CMD":
            image.command = command(instruction)
        case "COPY":
            _copy(instruction, image, made)
        case "RUN":
            _run(text, image)
        case _:  # STOPSIGNAL, which is for the engine
            pass


def _name(instruction: Instruction, image: Image) -> None:
    known = image.arguments | image.environment
    pairs = {name: fill_in(value, known) for name, value in instruction.pairs.items()}
    named = {"ARG": image.arguments, "ENV": image.environment, "LABEL": image.labels}
    named[instruction.name].update(pairs)


def _copy(instruction: Instruction, image: Image, made: dict[str, Path]) -> None:
    match instruction.words:
        case [flag, source, target] if flag.startswith("--from="):
            name = flag.removeprefix("--from=")
            if name not in made:
                raise DockerfileError(
                    f"COPY {instruction.text}: no stage before it is named {name}"
                )
            _copy_tree(made[name] / source.lstrip("/"), image.path(target))
        case [*sources, target] if not any(word.startswith("--") for word in sources):
            _copy_from_context(sources, target, image)
        case _:
            raise DockerfileError(f"COPY {instruction.text}: only --from=STAGE is followed here")


def _copy_tree(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(
            source, target, symlinks=True, dirs_exist_ok=True, copy_function=_link_or_copy
        )
    else:
        shutil.copy2(source, target)


def _link_or_copy(source: str, target: str) -> None:
    """Share a file of programs or packages, which no line writes to; copy one of /etc."""
    if "/usr/" in source or "/venv/" in source:
        with contextlib.suppress(OSError):  # another file system
            os.link(source, target)
            return
    shutil.copy2(source, target)


def _copy_from_context(sources: list[str], target: str, image: Image) -> None:
    """Copy files into a folder under their names, and what a folder contains into the target."""
    context = BuildContext(ROOT)
    for source in sources:
        for path in context.files(source):
            is_folder = (ROOT / source).is_dir()
            below = path.relative_to(source) if is_folder else PurePosixPath(path.name)
            is_renamed = not is_folder and not target.endswith("/")
            copied = image.path(target) if is_renamed else image.path(target) / below
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, copied)


def _run(text: str, image: Image) -> None:
    environment = image.environment | image.arguments | _index_of_pip()
    container = Container(
        image.root,
        environment,
        workdir=image.workdir,
        volumes={file: str(file) for file in map(Path, _files_of_network(environment))},
        tmpfs=("/tmp",),  # noqa: S108 - within the image
    )
    done = container.run(["/bin/sh", "-c", text], _RUN_TIMEOUT_S)
    if done.returncode != 0:
        raise ImageError(f"RUN {text} ended with {done.returncode}:\n{done.stdout[-2000:]}")


def _index_of_pip() -> dict[str, str]:
    """Return the settings of this machine's pip as variables, so that RUN finds the same index."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    )
    settings = re.findall(
        r"^(?:global|:env:|install)\.+([\w-]+)='(.*)'$", listed.stdout, re.MULTILINE
    )
    return {f"PIP_{name.replace('-', '_').upper()}": value for name, value in settings}


def _files_of_network(environment: dict[str, str]) -> list[str]:
    """Return the files of this machine by which RUN reaches the index of pip."""
    named = ["/etc/resolv.conf", "/etc/hosts", environment.get("PIP_CERT", "")]
    return [name for name in named if name and Path(name).is_file()]


def _take_built_page(stage: Stage, folder: Path) -> Path:
    """Copy what the stage copies, check that `npm ci` finds its lock file, and take the page."""
    image = Image(folder)
    for instruction in stage.instructions:
        if instruction.name != "RUN":
            _follow(instruction, image, {})
    scripts = json.loads(image.path("package.json").read_text())["scripts"]
    runs = [instruction.text for instruction in stage.instructions if instruction.name == "RUN"]
    if runs != ["npm ci", "npm run build"] or "build" not in scripts:
        raise DockerfileError(f"RUN {runs}: {__name__} takes the place of these steps; change both")
    shutil.copytree(ROOT / "web/dist", image.path("dist"))
    return folder
