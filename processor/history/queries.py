"""The SQL statements of queries.sql by name."""

from pathlib import Path
from typing import NamedTuple

from processor.named_sql import load_statements


class HistoryStatements(NamedTuple):
    """All statements that read the history for an answer in JSON."""

    flights: str
    flight_runs_within: str
    track: str
    plausible_parts: str
    track_by_minute: str
    traffic_at: str
    traffic_at_by_minute: str
    traffic_at_within: str
    hours: str
    hours_within: str
    countries: str
    countries_within: str
    altitudes: str
    busiest: str
    density: str
    density_within: str


def load_history_statements() -> HistoryStatements:
    """Read the statements from their file."""
    return load_statements(Path(__file__).with_name("queries.sql"), HistoryStatements)
