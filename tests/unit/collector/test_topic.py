"""The topic at the start, on librdkafka's mock broker."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer
from structlog.testing import capture_logs

from collector import topic as topic_module
from collector.clock import Clock
from collector.errors import TopicError
from collector.messages import Headers
from collector.topic import Topic
from configuration.shared_sections import KafkaSettings
from telemetry.codec import encode, encode_rows
from tests.unit.collector.conftest import NOW, TOPIC, FakeClock, MockBroker, state_vector


def fill(broker: MockBroker, count: int, **headers: str) -> None:
    """Publish the same aircraft again and again, a second apart, as an earlier process did."""
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 2})
    for number in range(count):
        vector = state_vector(f"{number % 100:06x}", NOW + number)
        key = vector.icao24.encode()
        producer.produce(TOPIC, value=encode(vector), key=key, headers=list(headers.items()))
    assert producer.flush(10) == 0


async def test_reads_the_last_contacts_and_poll_times_of_the_tail(broker: MockBroker) -> None:
    """The newest of each aircraft and of each source."""
    headers = {"source": "global", "poll-time": str(NOW + 950)}
    fill(broker, 1_000, **headers)
    fill(broker, 10, source="alps", **{"poll-time": str(NOW + 7)})
    fill(broker, 10, source="alps", **{"poll-time": str(NOW + 3)})
    topic = Topic(settings=broker.settings(), clock=FakeClock(NOW + 1_000))
    await topic.prepare()
    tail = await topic.read_tail()
    assert tail.is_complete
    assert tail.messages == 1_020
    assert tail.last_contacts == {f"{n:06x}": NOW + 900 + n for n in range(100)}
    assert tail.poll_times == {"global": NOW + 950, "alps": NOW + 7}


async def test_an_empty_topic_has_an_empty_tail(broker: MockBroker) -> None:
    """The first start ever."""
    tail = await Topic(settings=broker.settings(), clock=FakeClock(NOW + 1_000)).read_tail()
    assert (tail.messages, tail.is_complete, tail.poll_times) == (0, True, {})


async def test_rows_that_are_no_state_vectors_are_passed_over(broker: MockBroker) -> None:
    """Rejected ones, other people's headers, tombstones."""
    fill(broker, 3, rejected="latitude: 91")
    fill(broker, 1, source="global", **{"poll-time": "soon"})
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 2})
    producer.produce(TOPIC, value=None, key=b"000000")
    producer.produce(TOPIC, value=b"{}", key=b"000000")
    producer.flush(10)
    tail = await Topic(settings=broker.settings(), clock=FakeClock(NOW + 1_000)).read_tail()
    assert tail.messages == 6
    assert tail.last_contacts == {"000000": NOW}
    assert tail.poll_times == {}


async def test_only_the_newest_messages_are_read(
    broker: MockBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the topic is."""
    fill(broker, 1_000)
    monkeypatch.setattr(topic_module, "TAIL_ROWS", 200)
    tail = await Topic(settings=broker.settings(), clock=FakeClock(NOW + 1_000)).read_tail()
    assert tail.messages == 200
    assert max(tail.last_contacts.values()) == NOW + 999


async def test_both_kinds_of_messages_are_read_and_rows_count(
    broker: MockBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of a message of several count each, so the tail reaches as far back as it should."""
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 2})
    headers: Headers = [("source", b"global"), ("poll-time", str(NOW + 500).encode())]
    for number in range(400):
        rows = [state_vector(f"{each:06x}", NOW + number) for each in range(10)]
        producer.produce(TOPIC, encode_rows(rows), partition=number % 4, headers=headers)
    value = encode_rows([state_vector("0000aa", NOW)])[:-1] + b',{"icao24": "0000bb"}]'
    producer.produce(TOPIC, value, partition=0)
    producer.produce(TOPIC, encode(state_vector("0000cc", NOW)), "0000cc")
    assert producer.flush(10) == 0
    monkeypatch.setattr(topic_module, "TAIL_ROWS", 1_000)
    tail = await Topic(settings=broker.settings(), clock=FakeClock(NOW + 600)).read_tail()
    newest = {f"{each:06x}": NOW + 399 for each in range(10)}
    assert tail.last_contacts == newest | {"0000aa": NOW, "0000cc": NOW}
    assert tail.poll_times == {"global": NOW + 500}
    assert tail.is_complete
    assert 900 <= tail.rows <= 1_100


async def test_times_from_the_future_are_left_out_of_the_tail(broker: MockBroker) -> None:
    """They would mute the aircraft and hide the outage since the last true poll."""
    fill(broker, 1, source="global", **{"poll-time": str(NOW)})
    fill(broker, 1, source="alps", **{"poll-time": str(NOW + 4_000)})
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 2})
    for contact in (NOW + 10, 4_070_908_800):
        value = encode(state_vector("00000a", contact))
        producer.produce(TOPIC, value=value, key=b"00000a")
    assert producer.flush(10) == 0
    with capture_logs() as logs:
        tail = await Topic(settings=broker.settings(), clock=FakeClock(NOW + 20)).read_tail()
    assert tail.last_contacts == {"000000": NOW, "00000a": NOW + 10}
    assert tail.poll_times == {"global": NOW}
    assert [(each["event"], each["messages"]) for each in logs] == [("tail_times_in_future", 2)]


async def test_the_tail_says_when_it_was_published_by_the_same_host_s_clock(
    broker: MockBroker,
) -> None:
    """A time from the future is no answer to that."""
    producer = Producer({"bootstrap.servers": broker.address, "log_level": 2})
    for at in (NOW - 50, NOW - 20, NOW - 30, NOW + 9_000):
        value = encode(state_vector("00000a", NOW - 60))
        producer.produce(TOPIC, value=value, key=b"00000a", timestamp=at * 1000)
    assert producer.flush(10) == 0
    tail = await Topic(settings=broker.settings(), clock=FakeClock()).read_tail()
    assert tail.published_at == NOW - 20


async def test_a_tail_that_takes_too_long_is_given_up_with_a_warning(
    broker: MockBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that waits for minutes is worse than some duplicates."""
    fill(broker, 100)
    monkeypatch.setattr(topic_module, "TAIL_SECONDS", 0.0)
    with capture_logs() as logs:
        tail = await Topic(settings=broker.settings(), clock=Clock()).read_tail()
    assert not tail.is_complete
    assert [each["event"] for each in logs] == ["tail_incomplete"]


async def test_a_broker_without_the_request_to_make_topics_is_asked_by_name(
    broker: MockBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mock broker makes topics when they are named."""
    monkeypatch.setattr(topic_module, "CREATE_TIMEOUT_SECONDS", 0.3)
    settings = broker.settings().model_copy(update={"topic": "telemetry.other"})
    async with asyncio.timeout(10):
        await Topic(settings=settings, clock=Clock()).prepare()


async def test_an_absent_broker_is_waited_for_with_one_line_until_the_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not one line for each attempt."""
    monkeypatch.setattr(topic_module, "METADATA_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(topic_module, "RETRY_SECONDS", 0.1)
    clock = Clock()
    topic = Topic(settings=KafkaSettings(bootstrap_servers="127.0.0.1:9"), clock=clock)
    with capture_logs() as logs:
        preparing = asyncio.create_task(topic.prepare())
        await asyncio.sleep(0.5)
        assert not preparing.done()
        clock.stop()
        async with asyncio.timeout(5):
            await preparing
    (line,) = [each for each in logs if each["event"] == "kafka_unreachable"]
    assert "127.0.0.1:9 cannot be reached (Connect to ipv4#127.0.0.1:9 failed" in line["reason"]


async def test_why_it_waits_is_repeated_each_minute(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the end of the log says it, however long it has been waiting."""
    monkeypatch.setattr(topic_module, "METADATA_TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(topic_module, "RETRY_SECONDS", 20)
    clock.stop_at = clock.time + 170
    topic = Topic(settings=KafkaSettings(bootstrap_servers="127.0.0.1:9"), clock=clock)
    with capture_logs() as logs:
        await topic.prepare()
    lines = [each["reason"] for each in logs if each["event"] == "kafka_unreachable"]
    assert len(lines) == 3
    assert len(set(lines)) == 1


class RefusingAdmin:
    """A cluster that is there, lacks the topic, and answers the request to make it so."""

    def __init__(self, code: int) -> None:
        self.code = code

    def list_topics(self, *names: str, **_: object) -> Any:  # noqa: ANN401 - confluent_kafka's own
        """Return no topics, but an error for one that is asked for by its name."""
        unknown = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
        topics = {name: type("Topic", (), {"error": unknown})() for name in names}
        return type("Metadata", (), {"topics": topics})()

    def poll(self, _timeout: float) -> None:
        """Report nothing."""

    def create_topics(self, topics: list[Any], **_: object) -> dict[str, Any]:
        """Return futures that fail."""

        def result() -> None:
            raise KafkaException(KafkaError(self.code))

        future = type("Future", (), {"result": staticmethod(result)})()
        return {topic.topic: future for topic in topics}


def refuse(code: int) -> Callable[[object], RefusingAdmin]:
    """Return a stand-in for AdminClient."""
    return lambda _config: RefusingAdmin(code)


async def test_a_topic_that_cannot_be_made_is_final_and_says_what_to_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three copies on one broker, for instance."""
    monkeypatch.setattr(topic_module, "AdminClient", refuse(KafkaError.INVALID_REPLICATION_FACTOR))
    topic = Topic(settings=KafkaSettings(replication_factor=3), clock=Clock())
    with pytest.raises(TopicError, match=r"kafka\.replication_factor \(3\)"):
        await topic.prepare()


async def test_a_topic_that_another_process_has_just_made_is_fine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two collectors may start at once; that the check finds no topic yet is said."""
    monkeypatch.setattr(topic_module, "AdminClient", refuse(KafkaError.TOPIC_ALREADY_EXISTS))
    monkeypatch.setattr(topic_module, "APPEAR_SECONDS", 0.0)
    async with asyncio.timeout(5):
        await Topic(settings=KafkaSettings(), clock=Clock()).prepare()
