"""Install the real parts that tests run against: `python -m testkit.install`."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from testkit import (
    chart_tools_install,
    connect_install,
    faketime_install,
    image,
    kafka_install,
    kcat_install,
    pgbouncer_install,
    prometheus_install,
    proxies_install,
    registry_install,
    spin_install,
    timescale_install,
)
from testkit.browser_install import CHROMIUM
from testkit.cache import PartUnavailableError, are_parts_promised

_PARTS: dict[str, Callable[[], Path]] = {
    f"Apache Kafka {kafka_install.kafka_version()}": kafka_install.install,
    "Apicurio Registry": registry_install.install,
    "Kafka Connect": connect_install.install,
    "kcat": kcat_install.install,
    "TimescaleDB": timescale_install.install,
    "libfaketime": faketime_install.install,
    "PgBouncer": pgbouncer_install.install,
    "nginx, HAProxy and Caddy": proxies_install.install,
    "Prometheus": prometheus_install.install,
    "the image's Debian and packages": image.install_packages,
    "Spin": spin_install.install,
    "kubeconform": chart_tools_install.install,
    "Chromium": CHROMIUM.install,
}


def main() -> int:
    """Install every part, go on after a failure, and give the exit status.

    The tests of a part that is missing are skipped, unless all parts are promised.
    """
    results = [_install(name, install) for name, install in _PARTS.items()]
    return 0 if all(results) or not are_parts_promised() else 1


def _install(name: str, install: Callable[[], Path]) -> bool:
    started = time.monotonic()
    try:
        where = install()
    except (PartUnavailableError, OSError) as error:
        sys.stderr.write(f"{name}: {error}\n")
        return False
    sys.stdout.write(f"{name}: ready after {time.monotonic() - started:.1f} s, {where}\n")
    return True


if __name__ == "__main__":
    sys.exit(main())
