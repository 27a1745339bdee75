"""Pictures and their encoded answers, made once per step and, where possible, ahead of it."""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import msgspec

from simulator.picture import COLUMNS, EXTENDED_COLUMNS, Picture, Source

_PICTURES_KEPT = 6  # 12,000 rows are about 10 MB
_BODIES_KEPT = 16
_GZIP_LEVEL = 3  # 12,000 rows: 30 ms instead of 90 ms at the usual level, 10 % more bytes
_LOOK_AHEAD = 2.5  # seconds; several times what the largest picture takes
_IDLE_AFTER = 600.0  # seconds without a request after which no picture is made ahead

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


def encode(picture: Picture, *, extended: bool) -> bytes:
    """Return the JSON of an answer with 17 columns, or all 18 if `extended`."""
    columns = EXTENDED_COLUMNS if extended else COLUMNS
    # No row is an empty list on this interface: OpenSky answers null.
    states = [row[:columns] for row in picture.rows] if picture.rows else None
    return msgspec.json.encode({"time": picture.time, "states": states})


def compress(body: bytes) -> bytes:
    """Return the body for a client that accepts gzip; the same body gives the same bytes."""
    return gzip.compress(body, _GZIP_LEVEL, mtime=0)


class Gallery:
    """Keeps the newest pictures of a source, and the answers that show them whole."""

    def __init__(self, source: Source, clock: Callable[[], float]) -> None:
        self._source = source
        self._clock = clock
        self._pictures: OrderedDict[int, Picture] = OrderedDict()
        self._bodies: OrderedDict[tuple[int, bool, bool], bytes] = OrderedDict()
        self._at_work = asyncio.Lock()
        self._asked = clock()

    def step_at(self, moment: float) -> int:
        """Return the number of the picture shown at a Unix time."""
        self._asked = self._clock()
        return self._source.step_at(moment)

    async def picture(self, step: int) -> Picture:
        """Return a picture; making one happens in a thread, once however many ask."""
        async with self._at_work:
            picture = self._pictures.get(step)
            if picture is None:
                picture = await asyncio.to_thread(self._source.picture, step)
            _keep(self._pictures, step, picture, _PICTURES_KEPT)
            return picture

    async def body(self, step: int, *, extended: bool, gzipped: bool) -> bytes:
        """Return the whole picture encoded."""
        key = (step, extended, gzipped)
        body = self._bodies.get(key)
        if body is None:
            body = await self._make_body(step, extended=extended, gzipped=gzipped)
        _keep(self._bodies, key, body, _BODIES_KEPT)
        return body

    async def warm_up(self) -> None:
        """Make the present picture, so that the first request is as fast as the others."""
        if self._source.is_known_ahead:
            await self.picture(self._source.step_at(self._clock()))

    async def run_ahead(self) -> None:
        """Make each picture, and its answers as last asked for, before its step begins."""
        while self._source.is_known_ahead:
            now = self._clock()
            if now - self._asked < _IDLE_AFTER:
                step = self._source.step_at(now + _LOOK_AHEAD)
                await self.picture(step)
                for extended, gzipped in {key[1:] for key in self._bodies}:
                    await self.body(step, extended=extended, gzipped=gzipped)
            await asyncio.sleep(_LOOK_AHEAD / 5)

    async def _make_body(self, step: int, *, extended: bool, gzipped: bool) -> bytes:
        if gzipped:
            plain = await self.body(step, extended=extended, gzipped=False)
            return await asyncio.to_thread(compress, plain)
        picture = await self.picture(step)
        return await asyncio.to_thread(encode, picture, extended=extended)


def _keep(store: OrderedDict[_Key, _Value], key: _Key, value: _Value, limit: int) -> None:
    store[key] = value
    store.move_to_end(key)
    while len(store) > limit:
        store.popitem(last=False)
