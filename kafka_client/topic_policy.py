"""Check that the topic's settings at the broker keep messages safe and for long enough."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]

from configuration.shared_sections import KafkaSettings

MIN_BATCH_BYTES = 1_000_000
"""The largest batch that librdkafka makes; a topic that refuses it refuses whole polls."""

SAFE_REPLICATION_FACTOR = 3
SAFE_IN_SYNC_REPLICAS = 2
"""Copies that must have a message before it is acknowledged; with one, a single disk holds it."""

_HOUR_MILLISECONDS = 3_600_000
_ANSWER_SECONDS = 5.0


class TopicState(NamedTuple):
    """The topic as the broker describes it.

    Attributes:
        partitions: How many there are.
        replication_factor: Copies of the partition that has the fewest.
        config: Topic settings by Kafka's name, None if the broker does not show them.
        unchecked: Why `config` is None.
        is_embedded: Whether it is librdkafka's development broker, which has no such settings.
    """

    partitions: int
    replication_factor: int
    config: Mapping[str, str] | None
    unchecked: str = ""
    is_embedded: bool = False


class Shortcoming(NamedTuple):
    """One thing that is not as it should be.

    Attributes:
        setting: Kafka's name of it.
        text: What is wrong, what follows, and the command that repairs it.
        loses_messages: Whether messages are removed however short the outage is.
    """

    setting: str
    text: str
    loses_messages: bool = False


def creation_config(settings: KafkaSettings) -> dict[str, str]:
    """Return the topic settings that the topic is made with."""
    config = {
        # Stated, since a broker's own default may differ.
        "cleanup.policy": "delete",
        "retention.ms": str(settings.retention_hours * _HOUR_MILLISECONDS),
    }
    if settings.replication_factor >= SAFE_REPLICATION_FACTOR:
        config["min.insync.replicas"] = str(SAFE_IN_SYNC_REPLICAS)
    if settings.retention_bytes is not None:
        config["retention.bytes"] = str(settings.retention_bytes)
    return config


def read_topic(admin: AdminClient, topic: str) -> TopicState:
    """Ask the broker for the topic's state; what it does not show is named.

    Raises:
        KafkaException: It does not answer at all, or has no such topic.
    """
    metadata = admin.list_topics(topic, timeout=_ANSWER_SECONDS)
    found = metadata.topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    partitions = found.partitions.values()
    copies = min((len(each.replicas) for each in partitions), default=0)
    try:
        config = _read_config(admin, topic)
    except KafkaException as error:
        is_embedded = str(metadata.cluster_id).startswith("mockCluster")
        return TopicState(len(partitions), copies, None, error.args[0].str(), is_embedded)
    return TopicState(len(partitions), copies, config)


def find_shortcomings(state: TopicState, settings: KafkaSettings) -> list[Shortcoming]:
    """Compare a topic with the settings and with what keeps messages safe."""
    found = list(_judge_shape(state, settings))
    if state.config is not None:
        found += _judge_cleanup(state.config, settings)
        found += _judge_retention(state.config, settings)
        found += _judge_acceptance(state, state.config, settings)
    return found


def is_compacted(config: Mapping[str, str]) -> bool:
    """Whether the broker removes a message when a later one has its key."""
    return "compact" in config.get("cleanup.policy", "")


def _read_config(admin: AdminClient, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic)
    asked = admin.describe_configs([resource], request_timeout=_ANSWER_SECONDS)
    entries = asked[resource].result(2 * _ANSWER_SECONDS)
    return {name: entry.value or "" for name, entry in entries.items()}


def _judge_shape(state: TopicState, settings: KafkaSettings) -> Iterator[Shortcoming]:
    topic, wanted = settings.topic, settings.partitions
    if state.partitions < wanted:
        yield Shortcoming(
            "partitions",
            f"topic {topic} has {state.partitions} partitions and kafka.partitions is {wanted}: "
            f"no more than {state.partitions} archive instances share the work; "
            f"{_tool('kafka-topics', settings)} --alter --topic {topic} --partitions {wanted}, "
            "or lower kafka.partitions",
        )
    if state.partitions > wanted:
        yield Shortcoming(
            "partitions",
            f"topic {topic} has {state.partitions} partitions and kafka.partitions is {wanted}: "
            f"Kafka cannot take partitions away; set kafka.partitions to {state.partitions}",
        )
    if state.replication_factor < settings.replication_factor:
        yield Shortcoming(
            "replication.factor",
            f"topic {topic} is kept in {state.replication_factor} copies and "
            f"kafka.replication_factor is {settings.replication_factor}: the loss of that many "
            f"brokers loses messages; {_tool('kafka-reassign-partitions', settings)} --execute "
            "with a file that names more replicas, or lower kafka.replication_factor",
        )


def _judge_cleanup(config: Mapping[str, str], settings: KafkaSettings) -> Iterator[Shortcoming]:
    if is_compacted(config):
        yield Shortcoming(
            "cleanup.policy",
            f"topic {settings.topic} has cleanup.policy {config['cleanup.policy']}: Kafka removes "
            "every state vector of an aircraft but its last, stored or not; "
            f"{_alter(settings, 'cleanup.policy=delete')}",
            loses_messages=True,
        )


def _judge_retention(config: Mapping[str, str], settings: KafkaSettings) -> Iterator[Shortcoming]:
    wanted = settings.retention_hours * _HOUR_MILLISECONDS
    kept = _number(config, "retention.ms")
    if kept is not None and 0 <= kept < wanted:
        yield Shortcoming(
            "retention.ms",
            f"topic {settings.topic} keeps messages for {kept / _HOUR_MILLISECONDS:g} h and "
            f"kafka.retention_hours is {settings.retention_hours}: an archive that is away for "
            f"longer loses messages; {_alter(settings, f'retention.ms={wanted}')}, or lower "
            "kafka.retention_hours",
        )
    most = _number(config, "retention.bytes")
    bound = settings.retention_bytes
    if most is not None and most >= 0 and (bound is None or most < bound):
        yield Shortcoming(
            "retention.bytes",
            f"topic {settings.topic} keeps no more than {most:,} bytes of a partition: messages "
            "may be removed before kafka.retention_hours are over; "
            f"{_alter(settings, f'retention.bytes={bound or -1}')}",
        )


def _judge_acceptance(
    state: TopicState, config: Mapping[str, str], settings: KafkaSettings
) -> Iterator[Shortcoming]:
    needed, copies = _number(config, "min.insync.replicas"), state.replication_factor
    if needed is not None and needed > copies:
        yield Shortcoming(
            "min.insync.replicas",
            f"topic {settings.topic} needs {needed} copies in sync and has {copies}: Kafka takes "
            f"no message; {_alter(settings, f'min.insync.replicas={max(1, copies - 1)}')}",
        )
    if needed is not None and copies >= SAFE_REPLICATION_FACTOR and needed < SAFE_IN_SYNC_REPLICAS:
        yield Shortcoming(
            "min.insync.replicas",
            f"topic {settings.topic} has {copies} copies and min.insync.replicas {needed}: a "
            "message is acknowledged that one broker alone holds; "
            f"{_alter(settings, f'min.insync.replicas={SAFE_IN_SYNC_REPLICAS}')}",
        )
    largest = _number(config, "max.message.bytes")
    if largest is not None and largest < MIN_BATCH_BYTES:
        yield Shortcoming(
            "max.message.bytes",
            f"topic {settings.topic} refuses batches of more than {largest:,} bytes and the "
            f"collector makes them of up to {MIN_BATCH_BYTES:,}; "
            f"{_alter(settings, 'max.message.bytes=1048588')}",
        )


def _number(config: Mapping[str, str], name: str) -> int | None:
    try:
        return int(config[name])
    except (KeyError, ValueError):
        return None


def _tool(name: str, settings: KafkaSettings) -> str:
    return f"{name}.sh --bootstrap-server {settings.bootstrap_servers}"


def _alter(settings: KafkaSettings, change: str) -> str:
    return (
        f"{_tool('kafka-configs', settings)} --alter --entity-type topics "
        f"--entity-name {settings.topic} --add-config {change}"
    )
