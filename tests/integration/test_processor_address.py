"""What the processor says once it serves, before Kafka has answered."""

from pathlib import Path

import httpx2
import pytest

from standalone.database import free_port
from testkit.services import Service


@pytest.mark.parametrize(
    ("host", "begins"),
    [
        ("[::1]", "http://[::1]:"),
        ("::1", "http://[::1]:"),
        ("::", "http://[::1]:"),
        ("0.0.0.0", "http://127.0.0.1:"),  # noqa: S104 - to see what it is called
    ],
)
def test_the_url_can_be_opened(tmp_path: Path, host: str, begins: str) -> None:
    """IPv6 in brackets or without, and an address also where it listens everywhere."""
    service = Service(
        "processor",
        *("--role", "live"),
        folder=tmp_path,
        environment={
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
            "HTTP_HOST": host,
            "HTTP_PORT": "0",
            "ACCESS_MODE": "open",
        },
    )
    service.start()
    try:
        assert service.url.startswith(begins)
        assert httpx2.get(f"{service.url}/health").status_code == 200
    finally:
        service.end()
