"""Benchmark: queries of 20 million state vectors through REST, compared with a naive schema."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import asyncpg

from benchmarks.history_databases import SETTINGS, Filled, filled, history_server, make_cold
from benchmarks.history_log import DURATIONS, ServerLog, logging
from benchmarks.history_plans import TIMES, write_naive_plan, write_plans
from benchmarks.history_questions import GOAL, QUESTIONS, Asked, Question, Rows, Traffic
from benchmarks.history_server import HistoryServer
from benchmarks.history_traffic import Size
from benchmarks.report import Figure, MeasurementError, Options, Progress, Report, ratios
from testkit.queries import fetch
from testkit.timescale import Timescale

SIZE = Size(rows=20_000_000, days=30)
QUICK_SIZE = Size(rows=200_000, days=30)
ROUNDS = 100
QUICK_ROUNDS = 10
WARM_UP_ROUNDS = 10
NAIVE_SECONDS = 25.0
"""The naive schema takes part in as many rounds of a query as fit into this time."""

LEAST_ROUNDS = 3

COLD_ROUNDS = 3
QUICK_COLD_ROUNDS = 1
MILLISECONDS = 1_000
BYTES_PER_KB = 1_000

_VERSIONS = """
SELECT 'PostgreSQL', current_setting('server_version')
UNION ALL SELECT extname, extversion FROM pg_extension
"""

KINDS = ("warm", "naive warm", "server", "naive server", "cold", "naive cold", "bytes")

Values = dict[str, list[float]]


def run(options: Options) -> Report:
    """Fill both schemas, measure warm and cold queries, and keep the plans."""
    size = QUICK_SIZE if options.is_quick else SIZE
    with history_server() as server, filled(server, size, options.progress) as databases:
        bench = _Bench(server, databases, Traffic(size, databases.flown))
        for question in QUESTIONS:
            options.progress(f"{question.title}, warm")
            bench.measure_warm(question, QUICK_ROUNDS if options.is_quick else ROUNDS)
        if not options.is_quick:
            bench.keep_plans(options.progress)
        for number in range(QUICK_COLD_ROUNDS if options.is_quick else COLD_ROUNDS):
            options.progress(f"cold, round {number + 1}")
            for question in QUESTIONS:
                bench.measure_cold(question)
        details = _details(size, databases) | {"same_answers": bench.compared}
    return Report(
        [figure for each in QUESTIONS for figure in _figures(each, bench.values)], details
    )


class _Bench:
    """Measures both databases; every round adds to `values`."""

    def __init__(self, server: Timescale, databases: Filled, traffic: Traffic) -> None:
        self._server = server
        self._databases = databases
        self._traffic = traffic
        self._chance = random.Random(7)
        self.values: Values = defaultdict(list)
        self.compared: dict[str, int] = defaultdict(int)

    def measure_warm(self, question: Question, rounds: int) -> None:
        """Query both databases in turns with new parameters, while there is time."""
        with (
            logging(self._databases.own, DURATIONS),
            logging(self._databases.naive, DURATIONS),
            HistoryServer(self._databases.own) as site,
            asyncio.Runner() as runner,
        ):
            for asked in self._some(question, WARM_UP_ROUNDS):
                site.request(asked.path)
            naive = runner.run(_Naive.connect(self._databases.naive))
            for number, asked in enumerate(self._some(question, rounds)):
                body = self._query_own(site, question, asked)
                if number < LEAST_ROUNDS or naive.seconds < NAIVE_SECONDS:
                    rows = self._query_naive(runner, naive, question, asked)
                    self._check(question, asked, body, rows)
            runner.run(naive.close())

    def _query_own(self, site: HistoryServer, question: Question, asked: Asked) -> bytes:
        log = ServerLog(self._server)
        answer = site.request(asked.path)
        self._note(question, "server", log.milliseconds())
        self._note(question, "warm", MILLISECONDS * answer.seconds)
        self._note(question, "bytes", len(answer.body) / BYTES_PER_KB)
        return answer.body

    def _query_naive(
        self, runner: asyncio.Runner, naive: "_Naive", question: Question, asked: Asked
    ) -> Rows:
        log = ServerLog(self._server)
        seconds, rows = runner.run(naive.request(question, asked))
        self._note(question, "naive server", log.milliseconds())
        self._note(question, "naive warm", MILLISECONDS * seconds)
        return rows

    def measure_cold(self, question: Question) -> None:
        """Query each database once, when nothing of it is in memory."""
        [asked] = self._some(question, 1)
        make_cold(self._server)
        with HistoryServer(self._databases.own) as site:
            self._note(question, "cold", MILLISECONDS * site.request(asked.path).seconds)
        make_cold(self._server)
        with asyncio.Runner() as runner:
            started = time.perf_counter()
            naive = runner.run(_Naive.connect(self._databases.naive))
            runner.run(naive.request(question, asked))
            self._note(question, "naive cold", MILLISECONDS * (time.perf_counter() - started))
            runner.run(naive.close())

    def keep_plans(self, progress: Progress) -> None:
        """Write the plan of each statement, after the executions that may change it."""
        for question in QUESTIONS:
            asked = list(self._some(question, TIMES))
            taken = write_plans(
                self._server, self._databases.own, question.name, [each.path for each in asked]
            )
            milliseconds = ", ".join(f"{plan.milliseconds:.1f}" for plan in taken)
            progress(f"plans of {question.name}: {milliseconds} ms")
            if question.found is not None:
                with asyncio.Runner() as runner:
                    naive = runner.run(_Naive.connect(self._databases.naive))
                    lines = runner.run(naive.explain(question, asked[-1]))
                    runner.run(naive.close())
                write_naive_plan(question.name, question.naive, lines)

    def _some(self, question: Question, number: int) -> Iterator[Asked]:
        for _ in range(number):
            yield question.request(self._chance, self._traffic)

    def _note(self, question: Question, kind: str, value: float) -> None:
        self.values[f"{question.name} {kind}"].append(value)

    def _check(self, question: Question, asked: Asked, body: bytes, rows: Rows) -> None:
        if not question.is_same(body, rows):
            raise MeasurementError(f"the naive schema answers {asked.path} otherwise")
        if question.found is not None:
            self.compared[question.name] += 1


class _Naive:
    """Queries the naive schema; a query ends when all rows are Python objects."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self.seconds = 0.0

    @classmethod
    async def connect(cls, dsn: str) -> "_Naive":
        """Connect."""
        return cls(await asyncpg.connect(dsn, server_settings={"timezone": "UTC"}))

    async def request(self, question: Question, asked: Asked) -> tuple[float, Rows]:
        """Return the seconds and the rows."""
        started = time.perf_counter()
        rows = await self._connection.fetch(question.naive, *asked.naive)
        seconds = time.perf_counter() - started
        self.seconds += seconds
        return seconds, rows

    async def explain(self, question: Question, asked: Asked) -> list[str]:
        """Return the plan of an execution."""
        rows = await self._connection.fetch(
            f"EXPLAIN (ANALYZE, BUFFERS, SETTINGS) {question.naive}", *asked.naive
        )
        return [str(row[0]) for row in rows]

    async def close(self) -> None:
        """Close."""
        await self._connection.close()


def _figures(question: Question, values: Values) -> list[Figure]:
    title, found = question.title, {kind: values[f"{question.name} {kind}"] for kind in KINDS}
    rounds = len(found["naive warm"])
    return [
        Figure(f"{title}: REST", "ms", found["warm"], GOAL),
        Figure(f"{title}: naive SQL", "ms", found["naive warm"]),
        Figure(
            f"{title}: naive SQL over REST",
            "ratio",
            ratios(found["naive warm"], found["warm"][:rounds]),
        ),
        Figure(f"{title}: in the server", "ms", found["server"]),
        Figure(f"{title}: naive, in the server", "ms", found["naive server"]),
        Figure(
            f"{title}: naive over ours, in the server",
            "ratio",
            ratios(found["naive server"], found["server"][:rounds]),
        ),
        Figure(f"{title}: cold, REST", "ms", found["cold"]),
        Figure(f"{title}: cold, naive SQL", "ms", found["naive cold"]),
        Figure(f"{title}: answer", "kB", found["bytes"]),
    ]


def _details(size: Size, databases: Filled) -> dict[str, Any]:
    return {
        "state_vectors": size.rows,
        "days": size.days,
        "aircraft": int(databases.flown.aircraft.max()) + 1,
        "flown": len(databases.flown.begins),
        "seconds": databases.seconds,
        "versions": dict(fetch(databases.own, _VERSIONS)),
        "settings": SETTINGS,
    }
