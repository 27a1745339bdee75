"""Every question to the history that the guides print is answered as it stands there."""

import re

import pytest

from testkit.history_site import HistorySite, track
from testkit.services import ROOT

GUIDES = ("docs/history.md", "docs/exports.md")
QUESTION = re.compile(r"localhost:8081(/[^\s']*)'")
QUESTIONS = [
    question for guide in GUIDES for question in QUESTION.findall((ROOT / guide).read_text())
]


def test_all_questions_are_found() -> None:
    """By their number, for a pattern that finds none would prove nothing."""
    assert len(QUESTIONS) == sum(
        (ROOT / guide).read_text().count("localhost:8081/") for guide in GUIDES
    )
    assert len(QUESTIONS) >= 16


@pytest.mark.parametrize("question", QUESTIONS)
async def test_questions_are_answered(site: HistorySite, question: str) -> None:
    """For the aircraft that the guides name, at their time."""
    await site.store(*track())
    await site.store_minutes(*track())
    await site.store_flight()
    async with site.client() as client:
        answer = await client.get(question)
    assert answer.status_code == 200, answer.text
