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


async def test_a_track_as_lines(site: HistorySite) -> None:
    """In place of its points: one feature for its flight, through the positions in their order."""
    vectors = track()
    await site.store(*vectors)
    await site.store_flight()
    site.now = START + HOUR
    path = "/api/flights/4b1814/track"
    points = (await site.get(path, format="geojson")).json()["features"]
    answer = await site.get(path, format="geojson", geometry="line")
    assert answer.headers["content-type"] == MEDIA_TYPES["geojson"]
    (feature,) = answer.json()["features"]
    expected = [each["geometry"]["coordinates"] for each in points]
    assert feature["geometry"] == {"type": "LineString", "coordinates": expected}
    assert feature["properties"]["icao24"] == "4b1814"
    assert len(expected) == len(vectors)


async def test_only_geojson_has_lines(site: HistorySite) -> None:
    """Another format is refused with the remedy, and so is another geometry."""
    for format_ in ("json", "csv", "kml"):
        answer = await site.get("/api/flights/4b1814/track", format=format_, geometry="line")
        assert answer.status_code == 422
        assert "format=geojson" in answer.text
    answer = await site.get("/api/flights/4b1814/track", format="geojson", geometry="star")
    assert answer.status_code == 422
