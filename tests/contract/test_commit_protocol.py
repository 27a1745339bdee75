"""The archive's commit protocol under random claims, zombies, crashes and lost acknowledgements."""

import asyncio
import itertools
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack
from typing import Any, Self
from urllib.parse import urlsplit

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from processor.archive.audit.audit import audit
from processor.archive.database import Connection
from processor.archive.sql import Queries, load_audit_queries, load_queries
from processor.errors import FatalError
from testkit.migration import migrated_database
from testkit.protocol import (
    AIRCRAFT,
    KINDS,
    Contender,
    InventedLog,
    LossyDatabase,
    check_invariants,
    connect,
)
from testkit.tcp_proxy import TcpProxy

pytestmark = pytest.mark.timeout(180)

PARTITIONS = 3
CONTENDERS = 3
RUNS = itertools.count()
"""Each run has a log and aircraft of its own, so that no table needs to be emptied."""

contenders = st.integers(0, CONTENDERS - 1)
partition_sets = st.sets(st.integers(0, PARTITIONS - 1), min_size=1)
counts = st.integers(1, 5)
messages = st.lists(
    st.tuples(st.integers(0, PARTITIONS - 1), st.integers(0, KINDS + AIRCRAFT), st.integers(0, 2)),
    min_size=1,
    max_size=12,
)


class Arena:
    """A migrated database, and the connections of all contenders, kept over many runs."""

    def __init__(self, dsn: str, queries: Queries) -> None:
        self.dsn = dsn
        self.queries = queries
        self.steps = 0
        self.runner = asyncio.Runner()
        self.databases: list[LossyDatabase] = []
        self.observer: Connection
        self._proxies = ExitStack()

    def __enter__(self) -> Self:
        address = urlsplit(self.dsn)
        user_info = address.netloc.rpartition("@")[0]
        for _ in range(CONTENDERS):
            proxy = self._proxies.enter_context(TcpProxy(address.port or 0))
            way = address._replace(netloc=f"{user_info}@127.0.0.1:{proxy.port}")
            self.databases.append(LossyDatabase(way.geturl(), proxy))
        self.observer = self.do(connect(self.dsn))
        return self

    def __exit__(self, *_exception: object) -> None:
        for database in self.databases:
            self.do(database.close())
        self.do(self.observer.close())
        self._proxies.close()
        self.runner.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it returns
        """Run a coroutine to its end."""
        return self.runner.run(work)


class Protocol(RuleBasedStateMachine):
    """Contenders that own partitions, wrongly believe so, crash, and lose acknowledgements."""

    def __init__(self, arena: Arena) -> None:
        super().__init__()
        self.arena = arena
        run = next(RUNS)
        self.log = InventedLog(f"run {run}", run * AIRCRAFT, PARTITIONS)
        self.contenders = [self._contender(number) for number in range(CONTENDERS)]

    def _contender(self, number: int) -> Contender:
        name, database = f"contender {number}", self.arena.databases[number]
        return Contender(name, self.log, database, self.arena.queries)

    @initialize(first=messages, owner=contenders)
    def begin(self, first: list[tuple[int, int, int]], owner: int) -> None:
        """One contender owns all partitions."""
        self.publish(first)
        self.claim(owner, set(range(PARTITIONS)))

    @rule(more=messages)
    def publish(self, more: list[tuple[int, int, int]]) -> None:
        """The log grows."""
        for partition, kind, gap in more:
            self.log.add(partition, kind, gap)

    @rule(number=contenders, partitions=partition_sets)
    def claim(self, number: int, partitions: set[int]) -> None:
        """Partitions are assigned; their former owner is not informed."""
        self.arena.do(self.contenders[number].claim(partitions))

    @rule(number=contenders, partitions=partition_sets)
    def claim_unheard(self, number: int, partitions: set[int]) -> None:
        """The claim is committed, its acknowledgement lost: it is made once more."""
        self.contenders[number].database.meanwhile = _nothing
        self.arena.do(self.contenders[number].claim(partitions))

    @rule(number=contenders, count=counts)
    def write(self, number: int, count: int) -> None:
        """A batch of an owner, or of a zombie."""
        self.arena.do(self.contenders[number].write(count))

    @rule(number=contenders, count=counts)
    def write_unheard(self, number: int, count: int) -> None:
        """The batch is committed, its acknowledgement lost."""
        self.contenders[number].database.meanwhile = _nothing
        self.arena.do(self.contenders[number].write(count))
        self.contenders[number].database.meanwhile = None

    @rule(number=contenders, other=contenders, partitions=partition_sets, count=counts)
    def write_unheard_and_overtaken(
        self, number: int, other: int, partitions: set[int], count: int
    ) -> None:
        """Between the lost acknowledgement and the second attempt another takes over."""
        if number == other:
            return
        successor = self.contenders[other]

        async def take_over() -> None:
            await successor.claim(partitions)
            await successor.write(count)

        self.contenders[number].database.meanwhile = take_over
        self.arena.do(self.contenders[number].write(count))
        self.contenders[number].database.meanwhile = None

    @rule(number=contenders, count=counts, after_bytes=st.integers(1, 3_000))
    def write_cut(self, number: int, count: int, after_bytes: int) -> None:
        """The connection breaks after any byte of the exchange, that of COMMIT included."""
        proxy = self.contenders[number].database.proxy
        proxy.reset_after(after_bytes)
        self.arena.do(self.contenders[number].write(count))
        proxy.restore()

    @rule(number=contenders)
    def crash(self, number: int) -> None:
        """An instance forgets everything that it has not stored."""
        self.contenders[number] = self._contender(number)

    @rule(number=contenders, other=contenders, partitions=partition_sets, count=counts)
    def race(self, number: int, other: int, partitions: set[int], count: int) -> None:
        """One writes while another takes over and writes, at the same time."""
        if number == other:
            return

        async def both() -> None:
            async def take_over() -> None:
                await self.contenders[other].claim(partitions)
                await self.contenders[other].write(count)

            await asyncio.gather(self.contenders[number].write(count), take_over())

        self.arena.do(both())

    @invariant()
    def tables_agree_with_the_log(self) -> None:
        """I1: nothing is lost; I2: nothing is stored twice; I3: the ledger has no gap."""
        self.arena.steps += 1
        self.arena.do(check_invariants(self.arena.observer, self.log))

    def teardown(self) -> None:
        """The last owner stores everything that is left."""
        note(f"{self.arena.steps} steps so far")
        last = self.contenders[0]
        self.arena.do(last.claim(range(PARTITIONS)))
        while self.arena.do(last.write(100)) is not None:
            pass
        assert {claim.partition: claim.next_offset for claim in last.claims.values()} == {
            number: self.log.end(number) for number in range(PARTITIONS)
        }
        self.arena.do(check_invariants(self.arena.observer, self.log))


async def _nothing() -> None:
    """Nothing happens between the lost acknowledgement and the second attempt."""


@pytest.fixture(scope="module")
def dsn(server_dsn: str) -> Iterator[str]:
    """Give the address of a migrated database of each kind."""
    with migrated_database(server_dsn) as dsn:
        yield dsn


def run_protocol(arena: Arena, examples: int, steps: int, phases: list[Phase]) -> None:
    """Run the state machine of contenders under hypothesis."""

    class Here(Protocol):
        def __init__(self) -> None:
            super().__init__(arena)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=phases,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_no_interleaving_loses_or_repeats_anything(dsn: str) -> None:
    """After every step of some hundred, the tables say exactly what the log says."""
    with Arena(dsn, load_queries()) as arena:
        run_protocol(arena, 20, 30, [Phase.generate, Phase.shrink])
        assert arena.steps > 200
        proof = arena.do(audit(arena.observer, load_audit_queries()))
        assert proof.is_clean
        assert proof.n_rows == proof.totals.n_inserted > 0


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_no_interleaving_loses_or_repeats_anything_for_long(dsn: str) -> None:
    """The tables stay right over thousands of steps."""
    with Arena(dsn, load_queries()) as arena:
        run_protocol(arena, 200, 60, [Phase.generate, Phase.shrink])


WEAKER = {
    "blind": " AND known.next_offset = span.lo AND known.epoch = span.epoch",
    "epoch only": "known.next_offset = span.lo AND ",
}


FOUND_OUT = (AssertionError, asyncpg.PostgresError, FatalError, FlakyFailure)
"""A race may end in different ways, which hypothesis calls flaky."""


@pytest.mark.parametrize("name", WEAKER)
def test_weaker_protocol_is_found_out(dsn: str, name: str) -> None:
    """Negative control: without comparing stored offsets these steps find the fault."""
    dropped = WEAKER[name]
    queries = load_queries()
    assert dropped in " ".join(queries.advance.split())
    weaker = queries._replace(advance=" ".join(queries.advance.split()).replace(dropped, " "))
    with Arena(dsn, weaker) as arena, pytest.raises(FOUND_OUT):
        run_protocol(arena, 40, 25, [Phase.generate])
