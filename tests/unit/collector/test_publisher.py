"""The publisher against librdkafka's mock broker: what is sent, and what becomes of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import msgspec
import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from collector.answer import RejectedRow
from collector.clock import Clock
from collector.errors import ProducerError
from collector.messages import Origin
from collector.metrics import Metrics
from collector.published import Published
from collector.publisher import Publisher
from configuration.shared_sections import KafkaSettings
from telemetry.codec import MalformedMessageError, decode, decode_rows
from telemetry.state_vector import StateVector
from tests.unit.collector.conftest import NOW, FakeClock, MockBroker, state_vector

ORIGIN = Origin(poll_time=NOW, source="alps", traceparent="00-" + "a" * 32 + "-" + "b" * 16 + "-01")
NOWHERE = KafkaSettings(bootstrap_servers="127.0.0.1:9", delivery_timeout_seconds=1)


class Settled:
    """Notes what became of each state vector."""

    def __init__(self) -> None:
        self.delivered: list[str] = []
        self.failed: list[str] = []

    def __call__(self, state_vectors: Sequence[StateVector], is_delivered: bool) -> None:  # noqa: FBT001 - see deliveries.Settle
        """Take one report."""
        found = self.delivered if is_delivered else self.failed
        found += [each.icao24 for each in state_vectors]


@contextlib.asynccontextmanager
async def running(settings: KafkaSettings, metrics: Metrics) -> AsyncIterator[Publisher]:
    """Give a publisher whose reports are taken, as the service does."""
    publisher = Publisher(settings=settings, metrics=metrics, clock=Clock())
    reporting = asyncio.create_task(publisher.run())
    try:
        yield publisher
    finally:
        reporting.cancel()
        with contextlib.suppress(asyncio.CancelledError, ProducerError):
            await reporting
        await publisher.drain(0)


def vectors(count: int) -> list[StateVector]:
    """Return state vectors of so many aircraft."""
    return [state_vector(f"{number:06x}") for number in range(count)]


def published(metrics: Metrics, result: str) -> float:
    """Return how many messages ended so."""
    value = metrics.registry.get_sample_value(
        "flightmonitor_collector_published_rows_total", {"result": result}
    )
    assert value is not None
    return value


async def test_every_message_is_delivered_and_reported(
    broker: MockBroker, metrics: Metrics
) -> None:
    """A whole poll of the globe, more than one batch of each partition."""
    settled = Settled()
    async with running(broker.settings(), metrics) as publisher:
        await publisher.publish(vectors(12_000), [], origin=ORIGIN, settle=settled)
        await publisher.drain(10)
        assert publisher.failed == 0
    assert len(settled.delivered) == published(metrics, "delivered") == 12_000
    assert sum(broker.end_offsets().values()) == 12_000
    assert metrics.registry.get_sample_value("flightmonitor_collector_producer_queue_messages") == 0


async def test_a_message_is_what_the_contract_says(broker: MockBroker, metrics: Metrics) -> None:
    """Key, value, headers, and the time of publication."""
    async with running(broker.settings(), metrics) as publisher:
        await publisher.publish([state_vector()], [], origin=ORIGIN, settle=Settled())
        await publisher.drain(10)
    (message,) = broker.messages()
    headers = dict(message.headers() or ())
    assert message.key() == b"4b1814"
    assert headers == {
        "schema-version": b"1",
        "content-type": b"application/json",
        "poll-time": str(NOW).encode(),
        "source": b"alps",
        "traceparent": ORIGIN.traceparent.encode(),
        "poll-messages": b"1",
    }
    assert decode(message.value(), headers) == state_vector()  # type: ignore[arg-type]
    assert message.timestamp()[1] / 1000 == pytest.approx(Clock().now(), abs=30)


async def test_an_aircraft_keeps_its_partition(broker: MockBroker, metrics: Metrics) -> None:
    """By murmur2, as Java's clients choose it: 4b1814 and 3c6444 of four partitions."""
    async with running(broker.settings(), metrics) as publisher:
        for time in range(3):
            batch = [state_vector("4b1814", NOW + time), state_vector("3c6444", NOW + time)]
            await publisher.publish(batch, [], origin=ORIGIN, settle=Settled())
        await publisher.drain(10)
    found = {(each.key(), each.partition()) for each in broker.messages()}
    expected = {(key, (_murmur2(key) & 0x7FFFFFFF) % 4) for key in (b"4b1814", b"3c6444")}
    assert found == expected


async def test_rows_of_a_partition_share_a_message(broker: MockBroker, metrics: Metrics) -> None:
    """In the partition that messages of one row have, in order, without a key, each reported."""
    settled = Settled()
    poll = [*vectors(1_000), state_vector("000003", NOW + 1)]
    bad = RejectedRow(b"[1]", "icao24: Expected `str`", None)
    settings = broker.settings().model_copy(update={"rows_per_message": 100})
    async with running(settings, metrics) as publisher:
        await publisher.publish(poll, [bad], origin=ORIGIN, settle=settled)
        await publisher.drain(10)
    messages = broker.messages()
    found: dict[str, list[int]] = {}
    for message in messages:
        assert dict(message.headers() or ())["poll-messages"] == str(len(messages)).encode()
        if message.value() == bad.raw:
            continue
        rows = decode_rows(message.value() or b"")
        assert (message.key(), len(rows) <= 100) == (None, True)
        for row in rows:
            assert (_murmur2(row.icao24.encode()) & 0x7FFFFFFF) % 4 == message.partition()
            found.setdefault(row.icao24, []).append(row.last_contact)
    assert len(messages) <= 1 + 4 * 4
    assert found.pop("000003") == [NOW, NOW + 1]
    assert found == {f"{number:06x}": [NOW] for number in range(1_000) if number != 3}
    assert len(settled.delivered) == published(metrics, "delivered") == 1_001
    assert published(metrics, "rejected") == 1


async def test_a_row_that_is_alone_in_its_partition_has_its_key(
    broker: MockBroker, metrics: Metrics
) -> None:
    """It is a message of one row, as without the setting."""
    settings = broker.settings().model_copy(update={"rows_per_message": 100})
    async with running(settings, metrics) as publisher:
        await publisher.publish([state_vector()], [], origin=ORIGIN, settle=Settled())
        await publisher.drain(10)
    (message,) = broker.messages()
    assert message.key() == b"4b1814"
    assert decode(message.value(), {}) == state_vector()
    assert message.partition() == (_murmur2(b"4b1814") & 0x7FFFFFFF) % 4


async def test_a_message_of_many_long_rows_is_divided(
    broker: MockBroker, metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the size that Kafka takes, and the number of messages says so."""
    monkeypatch.setattr("collector.messages.MAX_VALUE_BYTES", 5_000)
    settings = broker.settings().model_copy(update={"rows_per_message": 1000})
    async with running(settings, metrics) as publisher:
        await publisher.publish(vectors(200), [], origin=ORIGIN, settle=Settled())
        await publisher.drain(10)
    messages = broker.messages()
    assert len(messages) > 4
    assert all(len(each.value() or b"") <= 5_000 for each in messages)
    assert {dict(each.headers() or ())["poll-messages"] for each in messages} == {
        str(len(messages)).encode()
    }
    assert published(metrics, "delivered") == 200


@pytest.mark.parametrize("rows_per_message", [1, 10])
async def test_every_row_of_a_message_that_failed_is_published_again(
    metrics: Metrics, rows_per_message: int
) -> None:
    """Every row is counted, whatever its message held."""
    published_so_far = Published()
    new = published_so_far.take_new(vectors(60))
    settings = NOWHERE.model_copy(update={"rows_per_message": rows_per_message})

    def settle(rows: Sequence[StateVector], is_delivered: bool) -> None:  # noqa: FBT001 - see deliveries.Settle
        published_so_far.settle(rows, is_delivered=is_delivered)

    with capture_logs():
        publisher = Publisher(settings=settings, metrics=metrics, clock=Clock())
        publisher._partitions, publisher._partitions_at = 4, Clock().monotonic()
        await publisher.publish(new, [], origin=ORIGIN, settle=settle)
        await publisher.drain(5)
    assert publisher.failed == published(metrics, "failed") == 60
    assert published_so_far.take_new(vectors(60)) == new
    assert not publisher._under_way


async def test_without_the_number_of_partitions_each_row_has_a_message(metrics: Metrics) -> None:
    """The broker has not answered yet: the producer finds the partition by the key, later."""
    settings = NOWHERE.model_copy(update={"rows_per_message": 10})
    with capture_logs():
        async with running(settings, metrics) as publisher:
            await publisher.publish(vectors(60), [], origin=ORIGIN, settle=Settled())
            assert len(publisher._producer) >= 60  # and events of the lost broker


async def test_an_answer_is_settled_once_its_last_report_is_in(
    broker: MockBroker, metrics: Metrics
) -> None:
    """What failed at once, what Kafka has taken in one call, and nothing twice."""
    reports: list[tuple[int, bool]] = []
    huge = msgspec.structs.replace(state_vector("00ffff"), callsign="x" * 2_000_000)
    with capture_logs():
        async with running(broker.settings(), metrics) as publisher:
            await publisher.publish(
                [huge, *vectors(1_200)],
                [],
                origin=ORIGIN,
                settle=lambda rows, is_delivered: reports.append((len(rows), is_delivered)),
            )
            await publisher.drain(10)
    assert reports == [(1, False), (1_200, True)]
    assert not publisher.is_failing


async def test_a_rejected_row_goes_out_as_it_came(broker: MockBroker, metrics: Metrics) -> None:
    """With its reason, so that the archive sets it aside with that."""
    rows = [
        RejectedRow(b'["4b1814", NaN]', "latitude: nan", "4b1814"),
        RejectedRow(b"[1]", "icao24: Expected `str`", None),
    ]
    async with running(broker.settings(), metrics) as publisher:
        await publisher.publish([], rows, origin=ORIGIN, settle=Settled())
        await publisher.drain(10)
    messages = {each.value(): each for each in broker.messages()}
    assert {value: each.key() for value, each in messages.items()} == {
        b'["4b1814", NaN]': b"4b1814",
        b"[1]": None,
    }
    message = messages[b"[1]"]
    with pytest.raises(MalformedMessageError, match="icao24: Expected"):
        decode(message.value(), dict(message.headers() or ()))  # type: ignore[arg-type]
    assert published(metrics, "rejected") == 2


async def test_what_is_queued_is_delivered_before_another_collector_leads(
    broker: MockBroker, metrics: Metrics
) -> None:
    """Without the event loop, in which the membership waits meanwhile."""
    settled = Settled()
    publisher = Publisher(settings=broker.settings(), metrics=metrics, clock=Clock())
    await publisher.publish(vectors(400), [], origin=ORIGIN, settle=settled)
    publisher.deliver_queued()
    assert len(settled.delivered) == 400


async def test_a_broker_that_takes_nothing_does_not_hold_the_leadership(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is kept, and delivered later."""
    monkeypatch.setattr("collector.publisher.HANDOVER_SECONDS", 0.1)
    settled = Settled()
    settings = NOWHERE.model_copy(update={"delivery_timeout_seconds": 60})
    publisher = Publisher(settings=settings, metrics=metrics, clock=Clock())
    await publisher.publish(vectors(3), [], origin=ORIGIN, settle=settled)
    publisher.deliver_queued()
    assert settled.failed == settled.delivered == []
    await publisher.drain(0)
    assert len(settled.failed) == 3


async def test_what_is_left_after_a_drain_is_counted(metrics: Metrics) -> None:
    """The messages are discarded, so that the process can end."""
    settings = NOWHERE.model_copy(update={"delivery_timeout_seconds": 100})
    settled = Settled()
    with capture_logs():
        async with running(settings, metrics) as publisher:
            await publisher.publish(vectors(50), [], origin=ORIGIN, settle=settled)
            await publisher.drain(0.2)
            assert publisher.failed == len(settled.failed) == 50


async def test_messages_that_no_broker_takes_are_all_reported_as_failed(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full queue is waited for, nothing is dropped unseen, and one line in the log tells it."""
    monkeypatch.setattr("collector.publisher.MAX_QUEUE_MESSAGES", 20)
    settled = Settled()
    with capture_logs() as logs:
        async with running(NOWHERE, metrics) as publisher:
            await publisher.publish(vectors(30), [], origin=ORIGIN, settle=settled)
            await publisher.drain(5)
            assert publisher.is_failing
            assert len(settled.failed) == publisher.failed == published(metrics, "failed") == 30
    (line,) = [each for each in logs if each["event"] == "kafka_failing"]
    assert "127.0.0.1:9 cannot be reached (Connect to ipv4#127.0.0.1:9 failed" in line["reason"]


async def test_why_kafka_takes_nothing_is_repeated_each_minute(
    clock: FakeClock, metrics: Metrics
) -> None:
    """While messages wait, long before they are given up."""
    settings = NOWHERE.model_copy(update={"delivery_timeout_seconds": 1_000})
    publisher = Publisher(settings=settings, metrics=metrics, clock=clock)

    def lines() -> list[str]:
        return [each["reason"] for each in logs if each["event"] == "kafka_failing"]

    with capture_logs() as logs:
        await publisher.publish(vectors(1), [], origin=ORIGIN, settle=Settled())
        async with asyncio.timeout(10):
            while not lines():
                clock.time += 1
                await publisher._take_reports()
        for _ in range(120):
            clock.time += 1
            await publisher._take_reports()
        await publisher.drain(0)
    assert publisher.failed == 1
    assert len(lines()) == 3
    assert "127.0.0.1:9 cannot be reached" in lines()[0]


async def test_a_cancelled_hand_over_counts_what_it_did_not_hand_over(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process stops while the queue is full."""
    monkeypatch.setattr("collector.publisher.MAX_QUEUE_MESSAGES", 20)
    settings = NOWHERE.model_copy(update={"delivery_timeout_seconds": 100})
    with capture_logs():
        async with running(settings, metrics) as publisher:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await publisher.publish(vectors(50), [], origin=ORIGIN, settle=Settled())
            assert publisher.failed == 30
            await publisher.drain(0.1)
            assert publisher.failed == published(metrics, "failed") == 50


async def test_a_message_that_is_too_large_fails_alone(
    broker: MockBroker, metrics: Metrics
) -> None:
    """The others go out."""
    huge = RejectedRow(b"x" * 2_000_000, "huge", None)
    settled = Settled()
    with capture_logs():
        async with running(broker.settings(), metrics) as publisher:
            await publisher.publish([], [huge], origin=ORIGIN, settle=settled)
            await publisher.publish(vectors(3), [], origin=ORIGIN, settle=settled)
            await publisher.drain(10)
            assert (publisher.failed, len(settled.delivered)) == (1, 3)
            assert not publisher.is_failing


async def test_a_fatal_error_of_the_producer_ends_it(broker: MockBroker, metrics: Metrics) -> None:
    """Librdkafka takes no more messages after one; only a new process helps."""
    publisher = Publisher(settings=broker.settings(), metrics=metrics, clock=Clock())
    publisher._on_error(KafkaError(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, fatal=True))
    with pytest.raises(ProducerError, match="start the collector again"):
        await publisher.run()


async def test_a_second_signal_shortens_the_drain(metrics: Metrics) -> None:
    """From twenty seconds to as good as none."""
    settings = NOWHERE.model_copy(update={"delivery_timeout_seconds": 100})
    with capture_logs():
        async with running(settings, metrics) as publisher:
            await publisher.publish(vectors(1), [], origin=ORIGIN, settle=Settled())
            draining = asyncio.create_task(publisher.drain(60))
            await asyncio.sleep(0.1)
            publisher.hurry(0)
            async with asyncio.timeout(5):
                await draining
            assert publisher.failed == 1


def _murmur2(data: bytes) -> int:
    """Kafka's own variant, written after org.apache.kafka.common.utils.Utils."""
    mask, multiplier = 0xFFFFFFFF, 0x5BD1E995
    state = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for at in range(0, whole, 4):
        word = int.from_bytes(data[at : at + 4], "little") * multiplier & mask
        state = (state * multiplier & mask) ^ ((word ^ word >> 24) * multiplier & mask)
    if rest := data[whole:]:
        state = (state ^ int.from_bytes(rest, "little")) * multiplier & mask
    state = (state ^ state >> 13) * multiplier & mask
    return state ^ state >> 15
