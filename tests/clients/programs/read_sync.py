"""Print each event of a stream as a line of JSON, with the fleet after it: `FlightStream`."""

import json
import sys

from flight_monitor_client import FlightStream, RefusedError
from tests.clients.programs.lines import print_end, print_event, print_refusal

with FlightStream(**json.loads(sys.argv[1])) as stream:
    try:
        for event in stream:
            print_event(event, stream.fleet)
        print_end()
    except RefusedError as error:
        print_refusal(error)
