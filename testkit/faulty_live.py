"""The processor, whose live half fails for as long as a file is there."""

import os
import sys
from pathlib import Path

from confluent_kafka import Message

from kafka_client.errors import BrokerErrors
from processor.__main__ import main
from processor.live import reader
from processor.stream.live_state import Update

_FAULT = Path(os.environ["FAULT_FILE"])
_sort_out = reader._sort_out


class FaultError(Exception):
    """What nobody has foreseen."""


def _fail_or_sort_out(
    messages: list[Message],
    waiting_for: set[int],
    next_offsets: dict[int, int],
    errors: BrokerErrors,
) -> list[Update]:
    if _FAULT.exists():
        raise FaultError
    return _sort_out(messages, waiting_for, next_offsets, errors)


if __name__ == "__main__":
    reader._sort_out = _fail_or_sort_out
    sys.exit(main())
