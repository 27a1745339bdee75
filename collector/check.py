"""The command `check`: credentials, credits, areas and what they cost, and the clocks."""

import sys
from collections.abc import Iterator, Sequence

from collector.answer import Answer
from collector.answer_time import check_live
from collector.clock import Clock
from collector.clock_offset import MAX_OFFSET_SECONDS
from collector.connection import check_urls, make_governor, open_opensky
from collector.credentials import Credentials, find_credentials
from collector.credits import DAY_SECONDS, Governor, cost_of
from collector.errors import CollectorError
from collector.settings import Area, CollectorSettings, find_plaintext_opensky
from configuration.transport_security import warn_of_plaintext

SOMETHING_WRONG = 1
"""Exit code: OpenSky cannot be used as things are. 0: it can. 2: a setting cannot be used."""


async def check(settings: CollectorSettings) -> int:
    """Send one request, print what was found, and return the exit code.

    Raises:
        SettingsError: The credentials or an address cannot be used as they are given.
    """
    check_urls(settings.opensky)
    warn_of_plaintext(settings.security, find_plaintext_opensky(settings.opensky))
    credentials = find_credentials(settings.opensky)
    areas: Sequence[Area | None] = settings.opensky.areas or (None,)
    clock = Clock()
    governor = make_governor(settings.opensky, credentials, clock)
    _print(_describe_plan(credentials, areas, governor))
    try:
        async with open_opensky(settings.opensky, credentials, clock) as opensky:
            answer = await opensky.states(min(areas, key=cost_of))
            now = None if answer.clocks is None else check_live(answer.clocks)
    except CollectorError as error:
        _print([f"OpenSky      {error}"])
        return SOMETHING_WRONG
    _print(_describe_answer(answer, now))
    trouble = list(_find_trouble(answer))
    _print([f"attention    {each}" for each in trouble] or ["Nothing needs attention."])
    return SOMETHING_WRONG if trouble else 0


def _describe_plan(
    credentials: Credentials | None, areas: Sequence[Area | None], governor: Governor
) -> Iterator[str]:
    """Yield what the settings lead to, before OpenSky is asked."""
    if credentials is None:
        yield "credentials  none: anonymous access, without the past hour after an outage"
    else:
        yield f"credentials  client {credentials.client_id}"
    for area in areas:
        name = "the globe" if area is None else f"{area.name}, {_box(area)}"
        yield f"area         {name}: {_credits(cost_of(area))} a request"
    cost = sum(map(cost_of, areas))
    seconds = governor.even_interval(cost)
    yield (
        f"pace         a poll each {seconds:.0f} s, {_credits(cost)} each:"
        f" {DAY_SECONDS / seconds * cost:,.0f} credits a day of {governor.budget_per_day:,}"
    )


def _describe_answer(answer: Answer, now: float | None) -> Iterator[str]:
    """Yield what one request has brought; it is of the area that costs least."""
    left = "not said" if answer.credits_remaining is None else f"{answer.credits_remaining:,}"
    yield f"OpenSky      answers: {len(answer.state_vectors):,} aircraft, {left} credits left"
    if now is not None:
        yield f"answer       {now - answer.time:.0f} s old"
    if (offset := _clock_offset(answer)) is not None:
        yield f"clock        this host's differs by {offset:+.0f} s from OpenSky's"


def _find_trouble(answer: Answer) -> Iterator[str]:
    """Yield what would make the collector's work worse than it could be."""
    offset = _clock_offset(answer)
    if offset is not None and abs(offset) > MAX_OFFSET_SECONDS:
        direction = "ahead" if offset > 0 else "behind"
        yield f"this host's clock is {abs(offset):.0f} s {direction}: synchronise it (NTP)"
    if answer.credits_remaining == 0:
        yield "no credits are left: polling begins again when OpenSky refills them"
    if not answer.state_vectors:
        yield "the answer has no aircraft: does the area have any?"


def _clock_offset(answer: Answer) -> float | None:
    """Return by how many seconds the host is ahead of OpenSky; None if it sent no HTTP Date."""
    clocks = answer.clocks
    if clocks is None or clocks.http_date is None:
        return None
    return clocks.host - clocks.http_date


def _credits(cost: int) -> str:
    return f"{cost} credit" if cost == 1 else f"{cost} credits"


def _box(area: Area) -> str:
    return f"{area.lamin:g} to {area.lamax:g} N, {area.lomin:g} to {area.lomax:g} E"


def _print(lines: Iterator[str] | Sequence[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()
