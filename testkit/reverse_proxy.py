"""A real nginx, HAProxy or Caddy, with the example of deploy/proxy for two instances."""

import signal
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from standalone.child import spawn
from standalone.database_folder import server_user
from testkit.certificates import Authority
from testkit.proxies_install import program
from testkit.server import HOST, Server
from testkit.services import ROOT

EXAMPLES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "caddy": "Caddyfile"}

_NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {example}
}}
"""

_CADDY = """\
{{
    admin off
    auto_https disable_redirects
    storage file_system {folder}/caddy
    default_sni 127.0.0.1
}}
{example}
"""


class ReverseProxy(Server):
    """Passes requests with TLS on to two instances, as the example does.

    Args:
        kind: A key of `EXAMPLES`.
        ports: Those of both instances.
        changes: More to replace in the example, which it has to hold.
    """

    def __init__(
        self, kind: str, ports: tuple[int, int], changes: Mapping[str, str] | None = None
    ) -> None:
        folder = Path(tempfile.mkdtemp(prefix=f"{kind}-"))
        super().__init__(kind, folder, stop_signal=signal.SIGTERM)
        self._user = server_user()
        folder.chmod(0o777)
        authority = Authority.create("proxies")
        self.certificate = authority.write(folder / "ca.crt")
        authority.issue(folder, owner=self._user)
        certificate, key = folder / "server.crt", folder / "server.key"
        both = folder / "server.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        both.chmod(0o644)
        self._config = folder / EXAMPLES[kind]
        self._config.write_text(self._fill_in(kind, ports, changes or {}))
        self.url = f"https://{HOST}:{self.port}"

    def _fill_in(self, kind: str, ports: tuple[int, int], more: Mapping[str, str]) -> str:
        """Put this machine's ports, names and files into the example."""
        example = (ROOT / "deploy" / "proxy" / EXAMPLES[kind]).read_text()
        for before, after in more.items():
            if before not in example:
                raise ValueError(f"{EXAMPLES[kind]} has no {before!r}: correct the change")
            example = example.replace(before, after)
        changes = {
            "127.0.0.1:8081": f"127.0.0.1:{ports[0]}",
            "127.0.0.1:8082": f"127.0.0.1:{ports[1]}",
            "listen 443": f"listen {self.port}",
            "bind :443": f"bind :{self.port}",
            "/etc/ssl/flights": str(self.folder / "server"),
            "flights.example.org {": f"https://{HOST}:{self.port} {{\n"
            f"\ttls {self.folder}/server.crt {self.folder}/server.key",
        }
        for before, after in changes.items():
            example = example.replace(before, after)
        frame = {"nginx": _NGINX, "caddy": _CADDY}.get(kind, "{example}")
        return frame.format(folder=self.folder, example=example)

    def _launch(self) -> subprocess.Popen[bytes]:
        options = {
            "nginx": ["-c", str(self._config), "-e", str(self.folder / "nginx.log")],
            "haproxy": ["-f", str(self._config)],
            "caddy": ["run", "--config", str(self._config), "--adapter", "caddyfile"],
        }
        with self._log.open("ab") as output:
            return spawn(
                [str(program(self.name)), *options[self.name]],
                at_parent_death=signal.SIGKILL,
                user=self._user,
                env={"HOME": str(self.folder)},
                cwd=self.folder,
                output=output,
            )

    def _is_ready(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0
