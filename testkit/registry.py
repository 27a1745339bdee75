"""A real schema registry: Apicurio, which keeps its schemas in memory."""

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import httpx

from standalone.child import spawn
from testkit.registry_install import jar
from testkit.server import HOST, Server

_JAVA_OPTIONS = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_PATH = "/apis/ccompat/v7"


class Registry(Server):
    """A registry with Confluent's API; what is registered is lost with its process."""

    def __init__(self) -> None:
        folder = Path(tempfile.mkdtemp(prefix="registry-"))
        super().__init__("Apicurio Registry", folder, stop_signal=signal.SIGTERM)

    @property
    def url(self) -> str:
        """The address of the API."""
        return self.url_at(self.port)

    @staticmethod
    def url_at(port: int) -> str:
        """Return the address of the API behind a proxy at this port."""
        return f"http://{HOST}:{port}{_PATH}"

    def register(self, subject: str, kind: str, schema: str) -> int:
        """Register a schema as any other producer would, and return its id."""
        body = {"schemaType": kind, "schema": schema}
        return int(self._call("POST", f"/subjects/{subject}/versions", body)["id"])

    def is_compatible(self, subject: str, kind: str, schema: str) -> bool:
        """Whether a schema may follow those of a subject."""
        body = {"schemaType": kind, "schema": schema}
        path = f"/compatibility/subjects/{subject}/versions"
        return bool(self._call("POST", path, body)["is_compatible"])

    def require_compatibility(self, subject: str, level: str) -> None:
        """Set the level of a subject, such as `BACKWARD_TRANSITIVE`."""
        self._call("PUT", f"/config/{subject}", {"compatibility": level})

    def subjects(self) -> list[str]:
        """Return the names of all subjects."""
        found: list[str] = self._call("GET", "/subjects")
        return found

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
        answer = httpx.request(method, self.url + path, json=body, timeout=20)
        answer.raise_for_status()
        return answer.json()

    def _launch(self) -> subprocess.Popen[bytes]:
        java = shutil.which("java") or "/usr/bin/java"
        address = (f"-Dquarkus.http.host={HOST}", f"-Dquarkus.http.port={self.port}")
        with self._log.open("ab") as output:
            return spawn(
                [java, *_JAVA_OPTIONS, *address, "-jar", str(jar())],
                at_parent_death=signal.SIGKILL,
                cwd=self.folder,
                output=output,
            )

    def _is_ready(self) -> bool:
        try:
            self.subjects()
        except (httpx.HTTPError, ValueError):
            return False
        return True
