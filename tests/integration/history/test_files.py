"""Tracks and flights as files, in every format."""

import pytest

from testkit.history_site import HistorySite, track
from testkit.state_vectors import START

HOUR, DAY = 3_600, 86_400


MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8; header=present",
    "geojson": "application/geo+json",
    "kml": "application/vnd.google-earth.kml+xml",
    "ndjson": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


@pytest.mark.parametrize("format_", MEDIA_TYPES)
async def test_files(site: HistorySite, format_: str) -> None:
    """Flights and tracks are served in every format; one flight is in the air."""
    await site.store(*track())
    await site.store_flight()
    await site.store_flight(first_seen=START - DAY, last_seen=START - DAY + HOUR)
    site.now = START + HOUR
    for path in ("/api/history/flights", "/api/flights/4b1814/track"):
        answer = await site.get(path, format=format_)
        assert answer.headers["content-type"] == MEDIA_TYPES[format_]
        assert answer.headers["cache-control"] == "no-store"
        assert b"4b1814" in answer.content
