"""The cache of a tick's frames: the same text at any effort, and bounded memory."""

import pytest

from processor.live import frame_cache
from processor.live.frame_cache import CAREFUL_ENCODINGS, FrameCache
from processor.stream import events
from processor.stream.aircraft import Aircraft
from processor.stream.columns import Columns
from processor.stream.encoder import SSE_ENCODERS, WEBSOCKET_ENCODER
from processor.stream.log_position import EventId, LogPosition
from processor.stream.output_format import DEFAULT_FORMAT, KEPT_AS
from processor.stream.query import parse_query
from telemetry.state_vector import FIELDS
from testkit.decoding import decoder
from testkit.state_vectors import state_vector


def test_many_filtered_queries_are_compressed_with_less_effort() -> None:
    """Less effort makes more bytes, which decode to the same text."""
    cache = FrameCache()
    rows = [DEFAULT_FORMAT.encode(state_vector(f"{number:06x}")) for number in range(200)]
    event = events.snapshot(rows, DEFAULT_FORMAT, id="b.0", now=0)
    queries = [parse_query([("max_altitude", str(n))]) for n in range(CAREFUL_ENCODINGS + 1)]
    *careful, hurried = (
        b"".join(cache.frames("changes", query, SSE_ENCODERS["zstd"], lambda: [event]))
        for query in queries
    )
    assert len(set(careful)) == 1
    assert len(hurried) > len(careful[0])
    assert decoder("zstd")(hurried) == decoder("zstd")(careful[0])


def test_what_clients_choose_is_kept_within_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Selections of fields and catch-ups are bounded; standard frames do not count."""
    monkeypatch.setattr(frame_cache, "CHOSEN_BYTES", 500_000)
    monkeypatch.setattr(frame_cache, "SELECTION_BYTES", 500_000)
    cache = FrameCache()
    columns = Columns([Aircraft(f"{n:06x}", state_vector(f"{n:06x}"), 0, n) for n in range(200)])
    for number, field in enumerate(FIELDS[1:] * 20):
        selection = parse_query([("fields", field)])
        event_id = EventId(LogPosition("b", (number,)))
        cache.rows(selection.output_format, columns)
        cache.frames("changes", selection, WEBSOCKET_ENCODER, list)
        cache.frames("changes", selection, SSE_ENCODERS["identity"], list)
        cache.frames(event_id, parse_query([]), WEBSOCKET_ENCODER, list)
    assert 0 < (kept := cache.chosen_bytes) <= 1_000_000
    cache.frames("changes", parse_query([]), SSE_ENCODERS["identity"], list)
    assert cache.chosen_bytes == kept


def test_an_aircraft_keeps_its_bytes_in_the_standard_formats_only() -> None:
    """There are half a million selections of fields, and 12,000 aircraft."""
    aircraft = Aircraft("aaaaaa", state_vector(icao24="aaaaaa"), 0, 0)
    for field in FIELDS[1:]:
        aircraft.encode(parse_query([("fields", field)]).output_format)
        aircraft.encode(parse_query([("fields", field), ("format", "geojson")]).output_format)
    assert not any(getattr(aircraft, name) for name in KEPT_AS.values())
    assert aircraft.encode(DEFAULT_FORMAT) is aircraft.encode(DEFAULT_FORMAT)
