"""Runs the processor, whose live half fails while a file exists."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from processor.__main__ import main
from processor.live.decoding import Decoder, Delivery
from processor.message import Message

_FAULT = Path(os.environ["FAULT_FILE"])
_decode = Decoder.decode


class FaultError(Exception):
    """An error that the processor does not expect."""


def _fail_or_decode(decoder: Decoder, messages: Iterable[Message]) -> Iterator[Delivery]:
    if _FAULT.exists():
        raise FaultError
    return _decode(decoder, messages)


if __name__ == "__main__":
    Decoder.decode = _fail_or_decode  # type: ignore[assignment, method-assign]
    sys.exit(main())
