"""A real Prometheus with the project's configuration and rules, that scrapes given ports."""

import json
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from standalone.child import spawn
from standalone.database_folder import server_user
from testkit.prometheus_install import program
from testkit.server import HOST, Server
from testkit.services import ROOT

CONFIGURATION = ROOT / "deploy/prometheus/prometheus.yaml"
RULES = ROOT / "deploy/prometheus/alerts.yaml"

_TIMEOUT_S = 10.0


class Prometheus(Server):
    """Scrapes every second, and sends the key that the commented lines of the example send.

    Args:
        targets: The port at which each target of the example is served here.
        key: A key with the scope `metrics`.
    """

    def __init__(self, targets: Mapping[str, int], key: str) -> None:
        folder = Path(tempfile.mkdtemp(prefix="prometheus-"))
        super().__init__("prometheus", folder, stop_signal=signal.SIGTERM)
        folder.chmod(0o777)
        (folder / "prometheus.key").write_text(key)
        shutil.copy(RULES, folder)
        text = CONFIGURATION.read_text().replace("# authorization:", "authorization:")
        text = text.replace("/keys/prometheus.key", str(folder / "prometheus.key"))
        text = re.sub(r"_interval: \d+s", "_interval: 1s", text)
        for target, port in targets.items():
            text = text.replace(target, f"{HOST}:{port}")
        self._configuration = folder / CONFIGURATION.name
        self._configuration.write_text(text)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an instant query, each with `metric` and `value`.

        Raises:
            ValueError: The expression cannot be evaluated.
        """
        data = self.get("query", query=expression)
        found: list[dict[str, Any]] = data["result"]
        return found

    def get(self, path: str, **parameters: str) -> Any:  # noqa: ANN401 - JSON of several shapes
        """Return the data of an answer of its API.

        Raises:
            ValueError: It answers with an error.
        """
        query = urllib.parse.urlencode(parameters)
        url = f"http://{HOST}:{self.port}/api/v1/{path}?{query}"
        try:
            with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{parameters}: {error.read().decode()}") from None

    def _launch(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as output:
            return spawn(
                [
                    str(program("prometheus")),
                    f"--config.file={self._configuration}",
                    f"--storage.tsdb.path={self.folder}/data",
                    f"--web.listen-address={HOST}:{self.port}",
                ],
                at_parent_death=signal.SIGKILL,
                user=server_user(),
                env={"HOME": str(self.folder)},
                cwd=self.folder,
                output=output,
            )

    def _is_ready(self) -> bool:
        try:
            urllib.request.urlopen(f"http://{HOST}:{self.port}/-/ready", timeout=1).close()
        except OSError:
            return False
        return True
