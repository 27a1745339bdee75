"""Variants of the product that make a known mistake, which the experiments must notice."""

from typing import NamedTuple


class Edit(NamedTuple):
    """One change of the code: `before` must be in the file exactly once."""

    path: str
    before: str
    after: str


class Variant(NamedTuple):
    """A mistake, and the experiment that must fail with it.

    Attributes:
        name: The mistake.
        edits: How it is made.
        test: The test, as pytest takes it.
        finding: What the failure says, a regular expression.
    """

    name: str
    edits: tuple[Edit, ...]
    test: str
    finding: str


_QUERIES = "processor/archive/queries.sql"
_COMPARED = "AND known.next_offset = span.lo AND known.epoch = span.epoch"
_RETENTION = "processor/archive/retention.py"

VARIANTS = (
    Variant(
        "offsets that Kafka commits by itself, whatever has been stored",
        (
            Edit(
                "processor/kafka.py",
                '"enable.auto.commit": False,',
                '"enable.auto.commit": True, "auto.commit.interval.ms": 200,',
            ),
            Edit(
                "processor/kafka.py",
                '"enable.auto.offset.store": False,',
                '"enable.auto.offset.store": True,',
            ),
            Edit(
                "processor/kafka.py",
                '"auto.offset.reset": "error",',
                '"auto.offset.reset": "earliest",',
            ),
            Edit(
                "processor/archive/consumer.py",
                "[TopicPartition(topic, each.partition, each.next_offset) for each in claims]",
                "[TopicPartition(topic, each.partition) for each in claims]",
            ),
        ),
        "tests/faults/test_kill_in_catch_up.py::test_archive_is_killed_again_and_again",
        "contradicts what is stored .*ingest_ledger_check|not stored: ",
    ),
    Variant(
        "offsets that are set without being compared",
        (Edit(_QUERIES, _COMPARED, ""),),
        "tests/faults/test_zombie.py::test_instance_that_slept_is_fenced",
        "contradicts what is stored .*ingest_ledger_pkey",
    ),
    Variant(
        "only the epoch is compared, not the offset",
        (Edit(_QUERIES, _COMPARED, "AND known.epoch = span.epoch"),),
        "tests/faults/test_commit_unheard.py::test_lost_acknowledgements_neither_lose_nor_repeat",
        "contradicts what is stored .*ingest_ledger_pkey",
    ),
    Variant(
        "retention that goes by the clock of the server alone",
        (
            Edit(
                _RETENTION,
                "return await connection.fetchval(self._queries.retention_limit, days)",
                "return await connection.fetchval("
                '"SELECT now() - make_interval(days => $1)", days)',
            ),
        ),
        "tests/integration/test_retention.py"
        "::test_server_whose_clock_is_ahead_of_all_rows_drops_what_is_old_among_them",
        r"assert \[.*\] == \[60, 41, 40\]",
    ),
    Variant(
        "a subscriber that fell behind is sent the newest update alone",
        (
            Edit(
                "processor/live/broadcaster.py",
                "if tick.number == tick_number + 1:",
                "if tick.number > tick_number:",
            ),
        ),
        "tests/property/test_stream.py::test_resumed_equals_uninterrupted",
        r"AssertionError: assert \{",
    ),
    Variant(
        "no bound for a subscriber that reads nothing, in the service or in the kernel",
        (
            Edit(
                "processor/http/stream/event_stream_response.py",
                "asyncio.timeout(self._deadline_seconds)",
                "asyncio.timeout(None)",
            ),
            Edit(
                "processor/http/server/server.py",
                '"TCP_USER_TIMEOUT", int(write_deadline_seconds * 1000)',
                '"TCP_USER_TIMEOUT", 0',
            ),
        ),
        "tests/faults/test_viewers.py::test_slow_subscribers_are_closed_and_counted",
        "subscribers",
    ),
)
