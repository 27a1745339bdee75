"""Random visits: clients that connect, stay for a while, resume, and change their query."""

import random
from collections import Counter
from collections.abc import Iterator

from testkit.clients import Outcome, Visit
from testkit.sky_process import address

MEAN_STAY_S, LONGEST_STAY_S = 4.0, 20.0
RETURNING_SHARE, WEBSOCKET_SHARE = 0.4, 0.2
MOST_SUBSCRIPTIONS = 4

QUERIES = (
    "",
    "format=row",
    "format=delta",
    "format=geojson&fields=callsign,velocity",
    "bbox=5.9,45.8,10.5,47.9",
    "bbox=-10,40,25,58&format=row",
    "near=47.46,8.55,300",
    "callsign=SWR*&min_altitude=3000",
    "country=Germany&format=row&fields=longitude,latitude",
)


class PassersBy:
    """Makes random visits; some resume from the event id of an earlier visit."""

    def __init__(self, seed: int) -> None:
        self.visits_ended = 0
        self.events: Counter[str] = Counter()
        self.refused: list[Outcome] = []
        self._chance = random.Random(seed)
        self._left_at: dict[str, str] = {}

    def visits(self) -> Iterator[Visit]:
        """Yield visits without end."""
        while True:
            yield self._visit()

    def _visit(self) -> Visit:
        chance = self._chance
        is_websocket = chance.random() < WEBSOCKET_SHARE
        path = f"{'/ws' if is_websocket else '/sse'}/flights?{chance.choice(QUERIES)}"
        looks = chance.randrange(MOST_SUBSCRIPTIONS) if is_websocket else 0
        is_returning = chance.random() < RETURNING_SHARE
        return Visit(
            kind="passer-by",
            path=path,
            encoding=chance.choice(["zstd", "gzip", "identity"]),
            last_event_id=self._left_at.get(path, "").encode() if is_returning else b"",
            address=address(chance),
            stay_s=min(chance.expovariate(1 / MEAN_STAY_S), LONGEST_STAY_S),
            subscriptions=tuple(chance.choice(QUERIES) for _ in range(looks)),
        )

    def learn(self, outcome: Outcome) -> None:
        """Note the outcome of a visit."""
        self.visits_ended += 1
        self.events.update(outcome.names)
        self._left_at[outcome.visit.path] = outcome.last_event_id
        if outcome.is_ended or outcome.head is None or outcome.head.status not in {101, 200}:
            self.refused.append(outcome)
