"""Print each event of a stream as a line of JSON, with the fleet after it: `AsyncFlightStream`."""

import asyncio
import json
import sys

from flight_monitor_client import AsyncFlightStream, RefusedError
from tests.clients.programs.lines import print_end, print_event, print_refusal


async def main() -> None:
    """Read until the end or a refusal."""
    async with AsyncFlightStream(**json.loads(sys.argv[1])) as stream:
        try:
            async for event in stream:
                print_event(event, stream.fleet)
            print_end()
        except RefusedError as error:
            print_refusal(error)


asyncio.run(main())
