"""Faults by script: what goes wrong, on which route, when and how often.

A script is a list of entries in YAML or JSON, or a mapping with that list as `faults`:

    - kind: http_503            # what goes wrong (below); the only key that is needed
      route: states             # states (default) or token
      from: 10                  # seconds after the script began; default 0
      until: 40                 # default: for ever
      nth: [3, 4]               # only the 3rd and 4th request of the route; or one number
      probability: 0.5          # default 1
      seed: 7                   # of the probability; the same seed strikes the same requests
      count: 5                  # at most so many times
    - {kind: latency, seconds: [0.2, 5]}

Every entry that matches a request applies; of those that replace the answer, the first.

For both routes:
    latency             answer `seconds` later (0.5; [low, high] draws from the range)
    hang                no answer for `seconds` (60), then the connection is dropped
    reset               the connection is reset without an answer
    cut_off             half of the promised bytes, then the connection is dropped
    truncated_json      half of the JSON, as if it were whole
    html_200            an HTML page with status 200
    wrong_content_type  the right body as text/plain
    redirect            302 to `location` (https://opensky-network.org/login)
    http_401            as for an expired token
    html_401            HTML of a proxy that wants a login
    http_403            HTML, as cloud addresses get
    http_429            with `seconds` (30) in the header; `header: false` leaves it out
    http_500            JSON
    http_502, http_503, http_504    HTML of the proxy in front
For route states only:
    frozen              the picture of the fault's first strike, again and again
    time_backwards      the picture of `seconds` (30) ago
    time_ahead          the picture with all its times `seconds` (3600) ahead
    history_ignored     the picture of now, whatever `time` asks for
    coverage_collapse   only a `share` (0.1) of the aircraft
    states_null         no aircraft
    oversize            `rows` (20000) aircraft
    nan, latitude_91, extra_column, control_characters, future_row, null_flags
                        one row in `every` (1000), and the first, has NaN as velocity, latitude
                        91, 19 columns, a callsign with control characters, a last contact
                        `seconds` (3600) ahead, null as on_ground, spi and position_source
"""

from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import yaml

from simulator.chance import between, unit

_Seconds = Annotated[float, msgspec.Meta(ge=0)]
# A list, not tuple[_Seconds, _Seconds]: msgspec 0.22.0 crashes the collector with that type.
_SecondsRange = Annotated[list[_Seconds], msgspec.Meta(min_length=2, max_length=2)]
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Ordinal = Annotated[int, msgspec.Meta(ge=1)]

Route = Literal["states", "token"]


class Kind(Enum):
    """What goes wrong; the module's docstring describes each."""

    LATENCY = "latency"
    HANG = "hang"
    RESET = "reset"
    CUT_OFF = "cut_off"
    TRUNCATED_JSON = "truncated_json"
    HTML_200 = "html_200"
    WRONG_CONTENT_TYPE = "wrong_content_type"
    REDIRECT = "redirect"
    HTTP_401 = "http_401"
    HTML_401 = "html_401"
    HTTP_403 = "http_403"
    HTTP_429 = "http_429"
    HTTP_500 = "http_500"
    HTTP_502 = "http_502"
    HTTP_503 = "http_503"
    HTTP_504 = "http_504"
    FROZEN = "frozen"
    TIME_BACKWARDS = "time_backwards"
    TIME_AHEAD = "time_ahead"
    HISTORY_IGNORED = "history_ignored"
    COVERAGE_COLLAPSE = "coverage_collapse"
    STATES_NULL = "states_null"
    OVERSIZE = "oversize"
    NAN = "nan"
    LATITUDE_91 = "latitude_91"
    EXTRA_COLUMN = "extra_column"
    CONTROL_CHARACTERS = "control_characters"
    FUTURE_ROW = "future_row"
    NULL_FLAGS = "null_flags"


PICTURE_KINDS = frozenset({Kind.FROZEN, Kind.TIME_BACKWARDS, Kind.HISTORY_IGNORED})
ROW_KINDS = frozenset(
    {
        Kind.COVERAGE_COLLAPSE,
        Kind.STATES_NULL,
        Kind.OVERSIZE,
        Kind.NAN,
        Kind.LATITUDE_91,
        Kind.EXTRA_COLUMN,
        Kind.CONTROL_CHARACTERS,
        Kind.TIME_AHEAD,
        Kind.FUTURE_ROW,
        Kind.NULL_FLAGS,
    }
)


class BadScript(Exception):  # noqa: N818 - named after what is wrong, not "Error"
    """A fault script cannot be followed; the message says what and where."""


class Fault(msgspec.Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """One entry of a script."""

    kind: Kind
    route: Route = "states"
    start: _Seconds = msgspec.field(name="from", default=0)
    until: _Seconds | None = None
    nth: _Ordinal | list[_Ordinal] | None = None
    probability: _Share = 1
    seed: int = 0
    count: _Ordinal | None = None
    seconds: _Seconds | _SecondsRange | None = None
    share: _Share = 0.1
    rows: _Ordinal = 20_000
    every: _Ordinal = 1000
    location: str = "https://opensky-network.org/login"
    header: bool = True

    def duration(self, default: float, request: int) -> float:
        """Return `seconds`, drawn for this request if they are a range."""
        if self.seconds is None:
            return default
        if isinstance(self.seconds, list):
            low, high = self.seconds
            return between(low, high, self.seed, request)
        return self.seconds

    def is_due(self, place: int, request: int, elapsed: float) -> bool:
        """Tell whether the fault meets the route's n-th request, apart from its count."""
        ordinals = [self.nth] if isinstance(self.nth, int) else self.nth
        return (
            self.start <= elapsed < (float("inf") if self.until is None else self.until)
            and (ordinals is None or request in ordinals)
            and unit(self.seed, place, request) < self.probability
        )


class Strike:
    """One fault meeting one request."""

    __slots__ = ("fault", "first_moment", "request")

    def __init__(self, fault: Fault, request: int, first_moment: float) -> None:
        self.fault = fault
        self.request = request
        self.first_moment = first_moment  # Unix time at which this fault struck first


class Faults:
    """A script being followed: counts requests and strikes."""

    def __init__(self, script: list[Fault], *, start: float) -> None:
        self._script = script
        self._start = start
        self._requests: dict[Route, int] = {"states": 0, "token": 0}
        self._struck = [0] * len(script)
        self._first_moments: dict[int, float] = {}

    def strikes(self, route: Route, now: float) -> list[Strike]:
        """Return the faults that meet this request, in the order of the script."""
        self._requests[route] += 1
        request = self._requests[route]
        met = []
        for place, fault in enumerate(self._script):
            if fault.route != route or not fault.is_due(place, request, now - self._start):
                continue
            if fault.count is not None and self._struck[place] >= fault.count:
                continue
            self._struck[place] += 1
            first_moment = self._first_moments.setdefault(place, now)
            met.append(Strike(fault, request, first_moment))
        return met

    def report(self) -> list[dict[str, str | int]]:
        """Return how often each entry struck."""
        return [
            {"kind": fault.kind.value, "route": fault.route, "struck": struck}
            for fault, struck in zip(self._script, self._struck, strict=True)
        ]


def parse_script(text: str | bytes, *, name: str) -> list[Fault]:
    """Read a script in YAML or JSON.

    Raises:
        BadScript: It is not a script; the message gives `name`, place and remedy.
    """
    try:
        document: Any = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        detail = " ".join(str(error).split())
        raise BadScript(f"{name}: not YAML or JSON ({detail}); correct it there") from error
    if isinstance(document, dict) and set(document) == {"faults"}:
        document = document["faults"]
    try:
        script = msgspec.convert(document or [], list[Fault])
    except msgspec.ValidationError as error:
        kinds = ", ".join(kind.value for kind in Kind)
        raise BadScript(
            f"{name}: {error}; a script is a list of entries, each with a kind of: {kinds}"
        ) from error
    _check_sense(script, name)
    return script


def _check_sense(script: list[Fault], name: str) -> None:
    for place, fault in enumerate(script):
        if isinstance(fault.seconds, list) and fault.seconds[0] > fault.seconds[1]:
            raise BadScript(
                f"{name}: seconds {fault.seconds} - at `$[{place}]`; a range is [low, high]"
            )
        if fault.route == "token" and fault.kind in PICTURE_KINDS | ROW_KINDS:
            raise BadScript(
                f"{name}: {fault.kind.value} with route token - at `$[{place}]`; "
                "a token has no aircraft, use route states"
            )
