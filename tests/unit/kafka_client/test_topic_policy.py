"""The topic's settings at the broker: what endangers messages is named with its repair."""

import pytest

from configuration.shared_sections import KafkaSettings
from kafka_client.topic_policy import TopicState, creation_config, find_shortcomings

GOOD = {
    "cleanup.policy": "delete",
    "retention.ms": str(72 * 3_600_000),
    "retention.bytes": "-1",
    "min.insync.replicas": "2",
    "max.message.bytes": "1048588",
}
SETTINGS = KafkaSettings(replication_factor=3)


def test_a_topic_as_the_collector_makes_it_has_no_shortcomings() -> None:
    """With three copies two must be in sync, with one there is nothing to ask for."""
    assert find_shortcomings(TopicState(12, 3, GOOD), SETTINGS) == []
    assert creation_config(SETTINGS).items() <= GOOD.items()
    assert "min.insync.replicas" not in creation_config(KafkaSettings())
    alone = TopicState(12, 1, creation_config(KafkaSettings()))
    assert find_shortcomings(alone, KafkaSettings()) == []


@pytest.mark.parametrize("policy", ["compact", "compact,delete", "delete,compact"])
def test_compaction_loses_messages(policy: str) -> None:
    (found,) = find_shortcomings(TopicState(12, 3, GOOD | {"cleanup.policy": policy}), SETTINGS)
    assert found.loses_messages
    assert "kafka-configs.sh --bootstrap-server localhost:9092 --alter" in found.text
    assert found.text.endswith(
        "--entity-type topics --entity-name telemetry.raw --add-config cleanup.policy=delete"
    )


def test_a_bound_in_bytes_that_is_wanted_is_no_shortcoming() -> None:
    """The topic is made with it; a smaller one is named with the wanted one as its repair."""
    settings = KafkaSettings(replication_factor=3, retention_bytes=5_000_000)
    assert creation_config(settings)["retention.bytes"] == "5000000"
    bounded = GOOD | {"retention.bytes": "5000000"}
    assert find_shortcomings(TopicState(12, 3, bounded), settings) == []
    smaller = GOOD | {"retention.bytes": "1000000"}
    (found,) = find_shortcomings(TopicState(12, 3, smaller), settings)
    assert found.text.endswith("--add-config retention.bytes=5000000")


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("retention.ms", "3600000", "for 1 h and kafka.retention_hours is 72"),
        ("retention.ms", "0", "for 0 h"),
        ("retention.bytes", "1000000", "1,000,000 bytes of a partition"),
        ("min.insync.replicas", "1", "--add-config min.insync.replicas=2"),
        ("min.insync.replicas", "4", "takes no message"),
        ("max.message.bytes", "1000", "refuses batches of more than 1,000 bytes"),
    ],
)
def test_what_endangers_messages_is_named(setting: str, value: str, said: str) -> None:
    (found,) = find_shortcomings(TopicState(12, 3, GOOD | {setting: value}), SETTINGS)
    assert (found.setting, found.loses_messages) == (setting, False)
    assert said in found.text


@pytest.mark.parametrize(
    ("partitions", "copies", "setting", "said"),
    [
        (4, 3, "partitions", "--alter --topic telemetry.raw --partitions 12"),
        (24, 3, "partitions", "set kafka.partitions to 24"),
        (12, 2, "replication.factor", "kept in 2 copies and kafka.replication_factor is 3"),
    ],
)
def test_a_layout_other_than_that_of_the_settings_is_named(
    partitions: int, copies: int, setting: str, said: str
) -> None:
    (found,) = find_shortcomings(TopicState(partitions, copies, GOOD), SETTINGS)
    assert found.setting == setting
    assert said in found.text


def test_longer_retention_and_no_limit_are_fine() -> None:
    """Minus one is Kafka's word for no limit."""
    for value in ("-1", str(365 * 24 * 3_600_000)):
        state = TopicState(12, 3, GOOD | {"retention.ms": value})
        assert find_shortcomings(state, SETTINGS) == []


def test_without_the_settings_only_the_shape_is_judged() -> None:
    """What was not seen is neither good nor bad."""
    state = TopicState(12, 3, None, "not supported by broker")
    assert find_shortcomings(state, SETTINGS) == []
