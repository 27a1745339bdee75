"""When a tick is due: at the end of an answer; silence decides where that is not known."""

import asyncio
import contextlib
import random
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from processor.answers import MAX_ANSWERS, Answer, AnswerCounts, AnswerPart, read_answer
from processor.live.broadcaster import Broadcaster
from processor.live.data_clock import DataClock
from processor.live.fleet import Fleet, Update
from processor.live.metrics import LiveMetrics
from processor.live.tick_schedule import MAX_WAIT_SECONDS, PAUSE_SECONDS, TickSchedule
from processor.live.ticker import IDLE_SECONDS, Ticker
from processor.settings import LiveSettings
from processor.stream.log_position import LogPosition
from testkit.state_vectors import START, state_vector
from testkit.virtual_time import run_in_virtual_time

POLLS = 1_000
INTERVAL_SECONDS = 10.0
MESSAGES = 12
TICK, QUIET = 1.0, 0.1


def answer(number: int = 0, *, of: int = 10, source: bytes = b"global") -> Answer:
    return Answer(source, str(START + number).encode(), of)


def schedule() -> TickSchedule:
    return TickSchedule(tick_seconds=TICK, quiet_seconds=QUIET)


def read(found: TickSchedule, count: int, at: float, *, of: Answer | None = None) -> float:
    """Read messages; return for how many seconds they wait for a tick if nothing follows."""
    found.receive([AnswerPart(of, count)] if of is not None else [], at)
    return found.due_at() - at


def test_a_complete_answer_is_shown_at_once() -> None:
    found = schedule()
    assert read(found, 4, 100.0, of=answer()) == PAUSE_SECONDS
    assert read(found, 5, 100.3, of=answer()) == PAUSE_SECONDS
    assert read(found, 1, 100.4, of=answer()) == 0


def test_silence_decides_about_messages_that_announce_nothing() -> None:
    """A burst without end is shown after `tick_seconds` all the same."""
    found = schedule()
    assert read(found, 1, 100.0) == pytest.approx(QUIET)
    assert read(found, 1, 100.95) == pytest.approx(0.05)
    found.tick(101.0)
    assert found.due_at() > 1_000
    assert read(found, 1, 101.1) == pytest.approx(0.9)  # a second after the tick


def test_a_lost_message_delays_its_answer_by_the_pause_and_no_other() -> None:
    found = schedule()
    assert read(found, 9, 100.0, of=answer(1)) == PAUSE_SECONDS
    found.tick(102.0)
    assert read(found, 10, 110.0, of=answer(2)) == 0
    found.tick(110.0)
    assert read(found, 1, 112.0) == pytest.approx(QUIET)


def test_what_was_divided_is_completed_without_waiting_for_the_next_second() -> None:
    """A pause longer than the bound divides an answer; the rest follows when it is there."""
    found = schedule()
    read(found, 5, 100.0, of=answer())
    found.tick(found.due_at())
    assert read(found, 4, 102.2, of=answer()) == PAUSE_SECONDS
    assert read(found, 1, 102.3, of=answer()) == 0


def test_a_tick_of_other_messages_keeps_its_distance() -> None:
    """At most one tick a second, as long as no answer was divided."""
    found = schedule()
    read(found, 1, 100.0)
    found.tick(100.1)
    assert read(found, 10, 100.3, of=answer()) == pytest.approx(0.8)


def test_repeated_messages_of_a_complete_answer_wait_for_nothing() -> None:
    found = schedule()
    read(found, 10, 100.0, of=answer())
    found.tick(100.0)
    assert read(found, 3, 105.0, of=answer()) == pytest.approx(QUIET)
    assert read(found, 12, 105.0, of=answer(2)) == 0


def test_messages_that_announce_what_never_comes_are_shown_in_time() -> None:
    """However many different answers they name, and one after another."""
    found = schedule()
    at = 100.0
    while found.due_at() > at:
        read(found, 1, at, of=answer(round(at * 10)))
        at += 0.5
    assert found.due_at() == 100.0 + MAX_WAIT_SECONDS


def test_an_answer_waits_for_another_one_that_is_being_read() -> None:
    """Two areas in turn: neither is divided."""
    found = schedule()
    read(found, 1, 100.0, of=answer(source=b"alps"))
    assert read(found, 10, 100.1, of=answer(source=b"andes")) == pytest.approx(PAUSE_SECONDS - 0.1)
    assert read(found, 9, 100.2, of=answer(source=b"alps")) == 0


def test_the_memory_of_answers_is_bounded() -> None:
    counts = AnswerCounts()
    for number in range(10 * MAX_ANSWERS):
        counts.add(AnswerPart(answer(number), 1), 100.0)
    assert len(counts) == len(counts.incomplete()) == MAX_ANSWERS


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"poll-messages": b"12"}, Answer(b"alps", b"1800000000", 12)),
        ({"poll-messages": b"0"}, None),
        ({"poll-messages": b"-1"}, None),
        ({"poll-messages": b"99999999"}, None),
        ({"poll-messages": b"many"}, None),
        ({"poll-messages": None}, None),
        ({}, None),
        ({"poll-messages": b"12", "source": b"x" * 65}, None),
        ({"poll-messages": b"12", "source": None}, None),
    ],
)
def test_headers_without_a_valid_answer_are_passed_over(
    headers: dict[str, bytes | None], expected: Answer | None
) -> None:
    assert read_answer({"source": b"alps", "poll-time": b"1800000000"} | headers) == expected


class _Ticks:
    """What the ticker needs of a broadcaster; notes how many messages each tick shows, and when."""

    def __init__(self) -> None:
        self.is_open = False
        self.shown: list[tuple[float, int]] = []
        self._fleet: Fleet
        self._offset = 0

    def begin(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def open(self) -> None:
        self.is_open = True

    async def publish(self, *, is_heartbeat: bool) -> None:  # noqa: ARG002 - as of Broadcaster
        self._fleet.advance()
        [offset] = self._fleet.position.offsets
        if offset > self._offset:
            self.shown.append((asyncio.get_running_loop().time(), offset - self._offset))
            self._offset = offset


async def _poll_slowly(ticker: Ticker, chance: random.Random) -> list[float]:
    """Read polls whose messages come with pauses; return when each was complete."""
    loop = asyncio.get_running_loop()
    offset, complete_at = 0, []
    for _ in range(POLLS):
        begun = loop.time()
        pauses = [chance.choice([0.0, 0.01, 0.15]) for _ in range(MESSAGES)]
        pauses[chance.randrange(MESSAGES)] = chance.uniform(0.2, 1.9)
        for pause in pauses:
            await asyncio.sleep(pause)
            state = state_vector(f"{offset % MESSAGES:06x}", START + round(begun))
            part = AnswerPart(answer(round(begun), of=MESSAGES), 1)
            ticker.receive([Update(0, offset, state, START + round(begun))], [part])
            offset += 1
        complete_at.append(loop.time())
        await asyncio.sleep(begun + INTERVAL_SECONDS - loop.time())
    return complete_at


async def _watch_slow_polls() -> tuple[list[float], list[tuple[float, int]]]:
    loop = asyncio.get_running_loop()
    clock = DataClock(host=lambda: START + loop.time(), monotonic=loop.time)
    ticks = _Ticks()
    ticker = Ticker(
        settings=LiveSettings(tick_seconds=TICK, quiet_seconds=QUIET),
        heartbeat_seconds=15,
        broadcaster=cast("Broadcaster", ticks),
        metrics=LiveMetrics(CollectorRegistry()),
        clock=clock,
        monotonic=loop.time,
    )
    begin = LogPosition("epoch", (0,))
    ticker.begin(begin, begin)
    ticker.caught_up()
    ticking = asyncio.create_task(ticker.run())
    complete_at = await _poll_slowly(ticker, random.Random(14))
    await asyncio.sleep(2 * IDLE_SECONDS)
    ticking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await ticking
    return complete_at, ticks.shown


def test_no_poll_of_a_slow_producer_is_divided() -> None:
    """A thousand polls with pauses of up to 1.9 s in them: each is shown at its last message."""
    complete_at, shown = run_in_virtual_time(_watch_slow_polls())
    assert [count for _, count in shown] == [MESSAGES] * POLLS
    assert [at for at, _ in shown] == pytest.approx(complete_at, abs=0.001)
