"""Reads the stream of an OpenSky Flight Monitor: typed events, with resumption after a cut."""

from flight_monitor_client.async_stream import AsyncFlightStream
from flight_monitor_client.delta import DeltaDecoder
from flight_monitor_client.errors import FlightMonitorError, RefusedError
from flight_monitor_client.events import (
    Aircraft,
    Disconnected,
    FlightEvent,
    Heartbeat,
    Remove,
    Reset,
    Snapshot,
    Update,
)
from flight_monitor_client.query import Format, Query
from flight_monitor_client.sync_stream import FlightStream

__all__ = [
    "Aircraft",
    "AsyncFlightStream",
    "DeltaDecoder",
    "Disconnected",
    "FlightEvent",
    "FlightMonitorError",
    "FlightStream",
    "Format",
    "Heartbeat",
    "Query",
    "RefusedError",
    "Remove",
    "Reset",
    "Snapshot",
    "Update",
]
