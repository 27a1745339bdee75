"""What both Python readers print for an event and for a refusal."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict

from flight_monitor_client import Aircraft, FlightEvent, RefusedError


def print_event(event: FlightEvent, fleet: Mapping[str, Aircraft]) -> None:
    """Print an event and the fleet after it."""
    data = asdict(event)
    n_states = len(data.pop("states", ()))
    name = type(event).__name__.lower()
    _print({"event": name, **data, "n_states": n_states, "fleet": dict(fleet)})


def print_end() -> None:
    """Print that the iteration has ended by itself."""
    _print({"event": "end"})


def print_refusal(error: RefusedError) -> None:
    """Print why the server refuses."""
    found = {"reason": str(error), "status": error.status, "parameter": error.parameter}
    _print({"event": "refused", **found})


def _print(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
