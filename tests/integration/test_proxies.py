"""The examples of deploy/proxy before two live instances, with TLS, one of which is restarted."""

import ssl
import subprocess
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from telemetry.state_vector import StateVector
from testkit.deployment import Deployment
from testkit.producer import as_messages, vectors
from testkit.reverse_proxy import EXAMPLES, ReverseProxy
from testkit.services import Service
from testkit.sse_subscriber import StreamSubscriber

pytestmark = [pytest.mark.real_kafka, pytest.mark.real_database, pytest.mark.real_proxies]

FLEET = 200
CLIENTS = 6


def received_now(seconds_ago: int) -> list[StateVector]:
    """Return state vectors of the whole fleet that are recent enough for the live state."""
    return vectors(FLEET, aircraft=FLEET, start=int(time.time()) - seconds_ago)


def port_of(instance: Service) -> int:
    port = urlsplit(instance.url).port
    assert port is not None
    return port


def wait_for_sky(client: StreamSubscriber, expected: dict[str, int]) -> None:
    """Wait until a client holds these aircraft with these contacts."""
    client.wait_for(
        lambda: (
            {icao24: state["last_contact"] for icao24, state in client.subscriber.fleet.items()}
            == expected
        ),
        timeout_s=10,
        what="the same sky as of the log",
    )


@pytest.mark.parametrize("kind", EXAMPLES)
def test_clients_go_on_at_the_other_instance(deployment: Deployment, kind: str) -> None:
    """Updates pass at once; who loses its stream resumes elsewhere, and all see the same sky."""
    deployment.publish(as_messages(received_now(60)))
    instances = [deployment.live(HTTP_TRUSTED_PROXIES="127.0.0.1") for _ in range(2)]
    for instance in instances:
        instance.wait_for_event("live_state_complete")
    first, second = map(port_of, instances)
    with ReverseProxy(kind, (first, second)) as proxy, ExitStack() as stack:
        trust = ssl.create_default_context(cafile=str(proxy.certificate))
        clients = [
            stack.enter_context(StreamSubscriber(proxy.url, trust=trust)) for _ in range(CLIENTS)
        ]
        for client in clients:
            client.wait_for_event("snapshot")
        deployment.publish(as_messages(received_now(40)))
        for client in clients:
            client.wait_for_event("update", timeout_s=10)

        assert instances[0].stop() == 0
        cut = [client for client in clients if client.is_ended]
        assert cut, "all clients were at one instance"
        deployment.publish(as_messages(received_now(20)))
        again = [
            stack.enter_context(
                StreamSubscriber(
                    proxy.url, last_event_id=client.subscriber.last_event_id, trust=trust
                )
            )
            for client in cut
        ]
        for client in again:
            client.wait_for_event("update", timeout_s=10)
            assert not {"snapshot", "reset"} & set(client.names)

        newest = received_now(5)
        deployment.publish(as_messages(newest))
        expected = {vector.icao24: vector.last_contact for vector in newest}
        for client in [client for client in clients if client not in cut] + again:
            wait_for_sky(client, expected)


@pytest.mark.parametrize("kind", EXAMPLES)
def test_browsers_get_http_2(deployment: Deployment, kind: str) -> None:
    """Without it a browser has six streams of one site at most."""
    port = port_of(deployment.live(HTTP_TRUSTED_PROXIES="127.0.0.1"))
    with ReverseProxy(kind, (port, port)) as proxy:
        options = [*("--http2", "--retry", "5", "--retry-all-errors", "--output", "/dev/null")]
        options += [
            "--cacert",
            str(proxy.certificate),
            "--write-out",
            "%{http_version} %{http_code}",
        ]
        done = subprocess.run(
            ["curl", "--silent", *options, f"{proxy.url}/health"], capture_output=True, check=True
        )
    assert done.stdout == b"2 200"
