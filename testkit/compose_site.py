"""The services of docker-compose.yml that run our image, in folders that they see as their root.

Names of other containers lead to this machine, and each port that the file names is a free one
here; all else (command, environment, volumes, read-only root, health check) is what the file says.
"""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from standalone.database import free_port
from testkit.container import Container
from testkit.image import Image
from testkit.services import ROOT
from testkit.waiting import wait_until

_HEALTHY_TIMEOUT_S = 60.0
_OF_COMPOSE = re.compile(r"\$\{(\w+):-([^}]*)\}")

PORTS_OF_OURS = (8081, 8090, 9108)
"""The ports that our services take, as docker-compose.yml has them."""


class ComposeSite:
    """Starts services of the file; ends them all.

    Args:
        image: What they run.
        folder: Where logs and generated passwords are.
        ports: For kafka:9092 and timescaledb:5432, the port that the part has here.
        variables: What the operator sets, as by `docker compose --env-file`.
    """

    def __init__(
        self, image: Image, folder: Path, ports: Mapping[str, int], variables: Mapping[str, str]
    ) -> None:
        self._image = image
        self._folder = folder
        own = {str(port): str(free_port()) for port in PORTS_OF_OURS}
        parts = {name: f"{name.partition(':')[0]}:{port}" for name, port in ports.items()}
        self._changes = {**parts, **own}
        self.services = self._read(variables)
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        self._secrets = folder / "secrets"
        hosts = " ".join(["localhost", *self.services, *(name.partition(":")[0] for name in ports)])
        (image.root / "etc/hosts").unlink(missing_ok=True)
        (image.root / "etc/hosts").write_text(f"127.0.0.1 {hosts}\n")

    def url(self, port: int) -> str:
        """The address of a port of ours, named as in the file."""
        return f"http://127.0.0.1:{self._changes[str(port)]}"

    def make_secrets(self) -> None:
        """Do what the service `secrets` does."""
        self._secrets.mkdir()
        uid = self._image.uid if os.geteuid() == 0 else os.getuid()
        subprocess.run(
            ["sh", str(ROOT / "deploy/make-secrets.sh")],
            check=True,
            env={
                "PATH": os.environ["PATH"],
                "SECRETS_FOLDER": str(self._secrets),
                "DATABASE_GROUP": str(os.getgid()),
                "SERVICE_USER": str(uid),
            },
        )
        passfile = self._secrets / "pgpass"
        passfile.write_text(self._changed(passfile.read_text()))
        self._secrets.chmod(0o755)

    def run(self, name: str) -> str:
        """Run a service that ends by itself and return what it printed."""
        done = self._container(name).run(self.services[name]["command"])
        assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def start(self, name: str) -> None:
        """Start a service and wait until its own health check succeeds."""
        container = self._container(name)
        command = self.services[name]["command"]
        self._started[name] = container.start(command, self._folder / f"{name}.log")
        [kind, *check] = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        wait_until(
            lambda: container.run(check).returncode == 0 or self._has_ended(name),
            timeout_s=_HEALTHY_TIMEOUT_S,
            what=lambda: f"{name} is not healthy:\n{self.log(name)}",
        )
        assert not self._has_ended(name), f"{name} ended:\n{self.log(name)}"

    def log(self, name: str) -> str:
        """Return the end of what a service has written."""
        return (self._folder / f"{name}.log").read_text()[-3000:]

    def stop(self, name: str) -> int:
        """End a service as the engine does and return its exit code."""
        self._started[name].terminate()
        return self._started[name].wait(40)

    def kill(self) -> None:
        """End all that run."""
        for process in self._started.values():
            process.kill()
            process.wait()

    def _has_ended(self, name: str) -> bool:
        return self._started[name].poll() is not None

    def _read(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """Return the services with our image, their variables and ports filled in."""
        services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        text = json.dumps({name: each for name, each in services.items() if "build" in each})
        text = _OF_COMPOSE.sub(lambda found: variables.get(found[1]) or found[2], text)
        ours: dict[str, Any] = json.loads(text)
        ports = {name: each.pop("ports", []) for name, each in ours.items()}
        assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)
        filled: dict[str, Any] = json.loads(self._changed(json.dumps(ours)))
        return filled

    def _changed(self, text: str) -> str:
        for before, after in self._changes.items():
            text = re.sub(rf"\b{before}\b", after, text)
        return text

    def _container(self, name: str) -> Container:
        service = self.services[name]
        environment = {key: str(value) for key, value in service.get("environment", {}).items()}
        # The file leaves this one to its default.
        environment["HTTP_PORT"] = self._changes["8081"]
        return Container(
            self._image.root,
            self._image.environment | environment,
            workdir=self._image.workdir,
            uid=self._image.uid,
            volumes=dict(self._volume(text) for text in service.get("volumes", [])),
            tmpfs=service["tmpfs"],
            is_read_only=service["read_only"],
        )

    def _volume(self, text: str) -> tuple[Path, str]:
        source, target, mode = text.split(":")
        assert mode == "ro", text
        return (self._secrets if source == "secrets" else ROOT / source), target
