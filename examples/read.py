"""Print the highest aircraft over Switzerland after each change: `python examples/read.py`."""

import os
import sys

from flight_monitor_client import Disconnected, FlightStream, RefusedError

SWITZERLAND = "5.9,45.8,10.5,47.9"


def main() -> None:
    """Read until the program is interrupted, or the server refuses."""
    monitor = os.environ.get("MONITOR", "http://localhost:8081")
    fields = ["callsign", "baro_altitude"]
    key = os.environ.get("KEY")
    with FlightStream(monitor, {"bbox": SWITZERLAND}, fields=fields, key=key) as stream:
        for event in stream:
            if isinstance(event, Disconnected):
                print(f"{event.reason}; back in {event.retry_in_s:.0f} s", file=sys.stderr)
                continue
            highest = max(
                stream.fleet.values(), key=lambda state: state["baro_altitude"] or 0, default=None
            )
            if highest is not None:
                name = highest["callsign"] or highest["icao24"]
                print(f"{len(stream.fleet)} aircraft, highest {name}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except RefusedError as error:
        sys.exit(f"refused: {error}")
    except KeyboardInterrupt:
        sys.exit(0)
