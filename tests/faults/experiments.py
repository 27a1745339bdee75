"""The fault experiments: what is broken, what must hold, and the tests that do it."""

from typing import NamedTuple


class Experiment(NamedTuple):
    """One kind of fault.

    Attributes:
        name: F and a number, by which docs/reliability.md refers to it.
        fault: What is done to the pipeline.
        holds: What must hold nevertheless.
        tests: Files or tests, as pytest takes them.
    """

    name: str
    fault: str
    holds: str
    tests: tuple[str, ...]


_FAULTS, _ATTACKS, _REAL = "tests/faults/test_", "tests/attacks/test_", "tests/integration/test_"

_EXACTLY_ONCE = "every message is stored once or set aside, and no row is invented"

EXPERIMENTS = (
    Experiment(
        "F1",
        "`kill -9` of collector, processor, broker and database at random moments; of the archive "
        "and of the database in the middle of a long catch-up",
        _EXACTLY_ONCE,
        (f"{_FAULTS}kill.py", f"{_FAULTS}kill_in_catch_up.py"),
    ),
    Experiment(
        "F2",
        "the acknowledgement of a COMMIT is lost",
        f"{_EXACTLY_ONCE}; as many such commits are recognised as were injected",
        (f"{_FAULTS}commit_unheard.py",),
    ),
    Experiment(
        "F3",
        "an instance is suspended with a batch in hand, beyond its session, and wakes up",
        f"the next owner waits for nothing, the first one is fenced; {_EXACTLY_ONCE}",
        (f"{_FAULTS}zombie.py",),
    ),
    Experiment(
        "F5",
        "the broker that coordinates the group is frozen, those that keep the topic are not",
        f"the archive goes on storing, with the classic protocol once it answers; {_EXACTLY_ONCE}",
        (f"{_FAULTS}coordinator.py",),
    ),
    Experiment(
        "F6",
        "instances join, leave and are stopped under load; partitions are added",
        _EXACTLY_ONCE,
        (f"{_REAL}instances.py", f"{_REAL}added_partitions.py", f"{_REAL}collectors.py"),
    ),
    Experiment(
        "F7",
        "each part, one broker of three included, is restarted under load",
        f"{_EXACTLY_ONCE}; every subscriber continues and ends with the same fleet",
        (f"{_REAL}scale_out.py",),
    ),
    Experiment(
        "F8",
        "the collector is stopped, suspended or killed between a response and its delivery",
        "another one takes over; what was acknowledged is in the topic",
        (f"{_REAL}collector_process.py",),
    ),
    Experiment(
        "F9",
        "the database is away, fails over to a replica, or answers nothing; the broker is frozen",
        f"the stream goes on, memory is bounded, and {_EXACTLY_ONCE}",
        (
            f"{_FAULTS}database_stopped.py",
            f"{_FAULTS}silent_parts.py",
            f"{_FAULTS}half_failed.py",
            f"{_REAL}fail_over.py",
        ),
    ),
    Experiment(
        "F10",
        "the connection to the database stalls, or breaks after any number of bytes",
        f"deadlines end what waits; {_EXACTLY_ONCE}",
        (f"{_FAULTS}database_network.py",),
    ),
    Experiment(
        "F11",
        "the disk of the database or of the broker is full, the login is revoked, rights are "
        "missing, a pooler is between",
        "the services wait, say why, and go on once it is mended",
        (
            f"{_REAL}database_trouble.py",
            f"{_REAL}kafka_refuses.py",
            f"{_REAL}pooler.py",
            f"{_FAULTS}broker_disk.py",
        ),
    ),
    Experiment(
        "F12",
        "the clock of a service is ahead, behind, or is set while it runs",
        "the same aircraft are shown, everything ends in time, and nothing is deleted",
        (f"{_FAULTS}clock.py",),
    ),
    Experiment(
        "F13",
        "garbage alone, one percent of garbage, rows that the database refuses, days without end",
        "what is refused is set aside, all else is stored; garbage alone stops the archive",
        (
            f"{_REAL}breaker.py",
            f"{_ATTACKS}poisonous_batches.py",
            f"{_ATTACKS}days_without_end.py",
        ),
    ),
    Experiment(
        "F14",
        "2,000 subscribers that freeze, read slowly, return with any event id, or never end a "
        "request",
        "healthy subscribers receive every update in time; memory and descriptors are freed",
        (f"{_FAULTS}viewers.py", f"{_FAULTS}soak.py", f"{_ATTACKS}slowloris.py"),
    ),
    Experiment(
        "F15",
        "SIGTERM under load, with the database or the broker away too",
        f"each service ends in time, and the next one goes on; {_EXACTLY_ONCE}",
        (f"{_FAULTS}stop.py",),
    ),
    Experiment(
        "F16",
        "the topic is deleted and created again; its retention passes the stored offset",
        "the archive stops and says so; nothing is skipped without a word",
        (f"{_REAL}lost_log.py",),
    ),
    Experiment(
        "F17",
        "OpenSky answers 401, 429, 503, slowly, with half of an answer, or redirects elsewhere",
        "waits and credits are kept; nothing is sent to another host",
        ("tests/unit/collector/test_opensky.py", "tests/unit/collector/test_poller.py"),
    ),
)
