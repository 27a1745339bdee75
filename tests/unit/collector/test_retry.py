"""Retries: only what is named, with a limit, and the server's own word first."""

import pytest

from collector.errors import (
    OpenSkyError,
    RateLimitedError,
    RefusedError,
    TransientError,
    UnreadableAnswerError,
)
from collector.retry import retrying, server_wait
from tests.unit.collector.conftest import NOW, FakeClock


class Failing:
    """Fails with each error in turn, then returns."""

    def __init__(self, *errors: OpenSkyError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        """Make one attempt."""
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_transient_errors_are_repeated(clock: FakeClock) -> None:
    """Until it works."""
    request = Failing(TransientError("a"), UnreadableAnswerError("b"))
    assert await retrying(request, max_attempts=3, clock=clock) == "done"
    assert request.calls == 3
    assert clock.time > NOW


async def test_there_is_a_limit(clock: FakeClock) -> None:
    """The last error is raised, not one about retrying."""
    request = Failing(TransientError("a"), TransientError("b"), TransientError("c"))
    with pytest.raises(TransientError, match="b"):
        await retrying(request, max_attempts=2, clock=clock)
    assert request.calls == 2


@pytest.mark.parametrize(
    "error",
    [
        RefusedError("400"),
        RateLimitedError("429", retry_after=1),
        TransientError("503", retry_after=3_600),
    ],
)
async def test_nothing_else_is_repeated(clock: FakeClock, error: OpenSkyError) -> None:
    """After a 429 nothing may be sent; a server that wants an hour gets it."""
    request = Failing(error)
    with pytest.raises(type(error)):
        await retrying(request, max_attempts=3, clock=clock)
    assert request.calls == 1


async def test_the_server_s_wish_comes_before_ours(clock: FakeClock) -> None:
    """To the second."""
    await retrying(Failing(TransientError("503", retry_after=17)), max_attempts=3, clock=clock)
    assert clock.time == NOW + 17


async def test_stops_at_once_when_the_process_stops(clock: FakeClock) -> None:
    """Neither the wait nor another attempt delays the end."""
    clock.stop_at = NOW + 0.001
    request = Failing(TransientError("a", retry_after=5), TransientError("b"))
    with pytest.raises(TransientError, match="a"):
        await retrying(request, max_attempts=5, clock=clock)
    assert request.calls == 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "3"}, 3),
        ({"Retry-After": "Fri, 15 Jan 2027 08:01:00 GMT"}, 60),
        ({"Retry-After": "Fri, 15 Jan 2027 07:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, 0),
        ({"X-Rate-Limit-Retry-After-Seconds": "-1", "Retry-After": "120"}, 0),
        ({"Retry-After": "2.5"}, 2.5),
        # By the server's own clock, which is an hour ahead of the host's here.
        (
            {
                "Date": "Fri, 15 Jan 2027 09:00:00 GMT",
                "Retry-After": "Fri, 15 Jan 2027 09:01:00 GMT",
            },
            60,
        ),
        (
            {
                "Date": "Fri, 15 Jan 2027 08:00:00 GMT",
                "Age": "30",
                "Retry-After": "Fri, 15 Jan 2027 08:01:00 GMT",
            },
            30,
        ),
        ({"Retry-After": "9" * 400}, 86_400),
    ],
)
def test_reads_what_servers_write(headers: dict[str, str], seconds: float | None) -> None:
    """Seconds or a date; nonsense is as good as nothing."""
    assert server_wait(headers, NOW) == seconds
