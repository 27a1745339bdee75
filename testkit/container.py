"""Run commands in a folder that they see as their root, as a container engine does.

There is no network of its own. Started by root, a command runs as the image's user; started by
another user, as that one, which calls itself root within a user namespace.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from standalone.child import spawn

_LAUNCHER = Path(__file__).with_name("container_launcher.py")
_COMMAND_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Container:
    """One root, and how commands are run in it.

    Args:
        root: The folder.
        environment: All variables that a command gets.
        workdir: The folder that it starts in, within the root.
        uid: The user that it runs as; 0 is root.
        volumes: What is mounted to be read only: paths within the root by their sources.
        tmpfs: Folders within the root that can be written and are empty at first.
        is_read_only: Whether it can write nowhere else.
    """

    root: Path
    environment: Mapping[str, str]
    workdir: str = "/"
    uid: int = 0
    volumes: Mapping[Path, str] = field(default_factory=dict)
    tmpfs: Sequence[str] = ()
    is_read_only: bool = False

    def start(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        """Start a command that is killed when this process ends; its output goes to a file."""
        with log.open("ab") as output:
            return spawn(
                self._launch(command),
                at_parent_death=signal.SIGKILL,
                env={"PATH": os.environ["PATH"]},
                output=output,
            )

    def run(
        self, command: Sequence[str], timeout_s: float = _COMMAND_TIMEOUT_S
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end and return what it printed, errors included."""
        return subprocess.run(
            self._launch(command),
            env={"PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def _launch(self, command: Sequence[str]) -> list[str]:
        self._make_mount_points()
        is_root = os.geteuid() == 0
        description = {
            "root": str(self.root),
            "volumes": {str(source): target for source, target in self.volumes.items()},
            "tmpfs": list(self.tmpfs),
            "is_read_only": self.is_read_only,
            "workdir": self.workdir,
            "uid": self.uid if is_root else None,
            "environment": dict(self.environment),
            "command": list(command),
        }
        unshare = shutil.which("unshare") or "/usr/bin/unshare"
        own_user = [] if is_root else ["--map-root-user"]
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), json.dumps(description)]
        return [unshare, "--mount", *own_user, *launcher]

    def _make_mount_points(self) -> None:
        for source, target in self.volumes.items():
            point = self.root / target.lstrip("/")
            if source.is_dir():
                point.mkdir(parents=True, exist_ok=True)
            else:
                point.parent.mkdir(parents=True, exist_ok=True)
                point.touch()
        for target in self.tmpfs:
            (self.root / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
