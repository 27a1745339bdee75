"""The embedded broker: librdkafka's development broker, held by this process.

It speaks the Kafka protocol over TCP on 127.0.0.1, so the services use it unchanged. Its limits:

* it is in memory, and lives and dies with this process; a new start is a new log with a new
  topic id, its offsets start at 0 again. Its cluster id is made of a memory address: mostly new,
  but not always, so only both ids together name a log;
* each partition keeps about 5 MiB of batches as they were encoded by the producer; then the oldest
  go, while the producer is still acknowledged. A consumer that fell behind learns that its
  offset is out of range;
* `offsets_for_times` answers -1 for every time, 0 included; `list_offsets` for the earliest and
  the latest offset is right;
* topics cannot be created, deleted or configured through the admin protocol; an unknown topic is
  created with 4 partitions when it is first asked for;
* it does not notice that a member of a group of the classic protocol leaves: the next one waits
  until that session has timed out. With `group.protocol=consumer` it waits for nothing;
* one node, no authentication, no transactions.
"""

import ctypes
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import confluent_kafka
import structlog
from confluent_kafka import Producer

_log = structlog.get_logger()

_RD_KAFKA_PRODUCER = 0
_ERROR_TEXT_BYTES = 512
_NODE_ID = 1
_START_TIMEOUT_S = 10.0
# The default of 3 s is for many members that start together; here there are one or two.
_FIRST_REBALANCE_DELAY_MS = 250
# Errors only: the broker announces itself and every connection that a client closes.
_LOG_LEVEL = b"3"


class EmbeddedBrokerError(Exception):
    """librdkafka could not start its development broker."""


class EmbeddedBroker:
    """A broker with one topic, on a free port of 127.0.0.1, until `close()`.

    Raises:
        EmbeddedBrokerError: it could not be started, or refused the topic.
    """

    def __init__(self, topic: str, partitions: int = 12) -> None:
        if partitions < 1:
            raise EmbeddedBrokerError(
                f"topic {topic!r} of the embedded broker was given {partitions} partitions:"
                " give it at least 1"
            )
        self.topic = topic
        library = _librdkafka()
        if library is None:
            _log.warning("embedded_broker_partitions_reduced", wanted=partitions, given=4)
            self.bootstrap_servers, self._destroy = _start_by_client(topic)
        else:
            self.bootstrap_servers, self._destroy = _start_by_library(library, topic, partitions)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the broker; the log is gone. Closing twice is harmless."""
        destroy, self._destroy = self._destroy, lambda: None
        destroy()


def _start_by_library(
    library: ctypes.CDLL, topic: str, partitions: int
) -> tuple[str, Callable[[], None]]:
    handle = _new_client(library)
    cluster = library.rd_kafka_handle_mock_cluster(handle)
    # Without a controller every describe call of an AdminClient waits for its timeout.
    library.rd_kafka_mock_set_controller_id(cluster, _NODE_ID)
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, _FIRST_REBALANCE_DELAY_MS)
    code = library.rd_kafka_mock_topic_create(cluster, topic.encode(), partitions, 1)
    if code != 0:
        library.rd_kafka_destroy(handle)
        raise EmbeddedBrokerError(
            f"the embedded broker refused topic {topic!r} with {partitions} partitions"
            f" (librdkafka error {code}): choose another name or fewer partitions"
        )
    bootstrap_servers = library.rd_kafka_mock_cluster_bootstraps(cluster).decode()
    return bootstrap_servers, lambda: library.rd_kafka_destroy(handle)


def _new_client(library: ctypes.CDLL) -> int:
    configuration = library.rd_kafka_conf_new()
    text = ctypes.create_string_buffer(_ERROR_TEXT_BYTES)
    for name, value in ((b"test.mock.num.brokers", b"1"), (b"log_level", _LOG_LEVEL)):
        library.rd_kafka_conf_set(configuration, name, value, text, _ERROR_TEXT_BYTES)
    handle: int | None = library.rd_kafka_new(
        _RD_KAFKA_PRODUCER, configuration, text, _ERROR_TEXT_BYTES
    )
    if not handle:
        raise EmbeddedBrokerError(
            f"librdkafka did not start its development broker ({text.value.decode()}):"
            " take an existing broker instead"
        )
    return handle


def _start_by_client(topic: str) -> tuple[str, Callable[[], None]]:
    """Start the broker through the Python client, which has no say over the partitions."""
    settings = {
        "test.mock.num.brokers": 1,
        "bootstrap.servers": "replaced.invalid",
        "log_level": int(_LOG_LEVEL),
    }
    holder = [Producer(settings)]
    brokers = holder[0].list_topics(topic, timeout=_START_TIMEOUT_S).brokers.values()
    return ",".join(f"{broker.host}:{broker.port}" for broker in brokers), holder.clear


def _librdkafka() -> ctypes.CDLL | None:
    """The library that confluent_kafka brings, with its functions declared, if it can be had."""
    path = _bundled_library(Path(confluent_kafka.__file__).parent)
    if path is None:
        return None
    library = ctypes.CDLL(str(path))
    try:
        _declare(library)
    except AttributeError:
        return None
    return library


def _bundled_library(package: Path) -> Path | None:
    folders = (package.parent / "confluent_kafka.libs", package / ".dylibs")
    found = (path for folder in folders for path in sorted(folder.glob("librdkafka[-.]*")))
    return next(found, None)


def _declare(library: ctypes.CDLL) -> None:
    """Declare the functions of <librdkafka/rdkafka.h> and <rdkafka_mock.h> that are used here."""
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    size = ctypes.c_size_t
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "rd_kafka_conf_new": (pointer, []),
        "rd_kafka_conf_set": (number, [pointer, text, text, text, size]),
        "rd_kafka_new": (pointer, [number, pointer, text, size]),
        "rd_kafka_destroy": (None, [pointer]),
        "rd_kafka_handle_mock_cluster": (pointer, [pointer]),
        "rd_kafka_mock_cluster_bootstraps": (text, [pointer]),
        "rd_kafka_mock_group_initial_rebalance_delay_ms": (None, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_set_controller_id": (number, [pointer, ctypes.c_int32]),
        "rd_kafka_mock_topic_create": (number, [pointer, text, number, number]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
