"""Every request to the history that the guides print is answered."""

import re

import pytest

from testkit.history_site import HistorySite, track
from testkit.services import ROOT

GUIDES = ("docs/history.md", "docs/exports.md")
QUESTION = re.compile(r"localhost:8081(/[^\s']*)'")
REQUESTS = [
    question for guide in GUIDES for question in QUESTION.findall((ROOT / guide).read_text())
]


def test_all_requests_are_found() -> None:
    """Their number is checked, because a pattern that finds none would prove nothing."""
    assert len(REQUESTS) == sum(
        (ROOT / guide).read_text().count("localhost:8081/") for guide in GUIDES
    )
    assert len(REQUESTS) >= 16


@pytest.mark.parametrize("question", REQUESTS)
async def test_requests_are_answered(site: HistorySite, question: str) -> None:
    """The site has the aircraft that the guides name, at the times of the guides."""
    await site.store(*track())
    await site.store_minutes(*track())
    await site.store_flight()
    async with site.client() as client:
        answer = await client.get(question)
    assert answer.status_code == 200, answer.text
