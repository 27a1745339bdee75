"""Runs the TypeScript decoder of `format=delta` with the node of playwright."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright._impl._driver import compute_driver_executable

Picture = Sequence[Mapping[str, Any]]
Sent = tuple[str, Any]
"""The name of an event and its data."""

DECODER = Path("clients/typescript/src/delta-decoder.ts")

# A line is what one subscriber received; the answer is its fleet after each event.
_PROGRAM = """
import { createInterface } from "node:readline";
const { DeltaDecoder } = await import(process.argv[1]);
for await (const line of createInterface({ input: process.stdin })) {
  const decoder = new DeltaDecoder();
  const pictures = [];
  for (const [name, data] of JSON.parse(line)) {
    decoder.feed(name, data);
    pictures.push([...decoder.aircraft()]);
  }
  console.log(JSON.stringify(pictures));
}
"""


class NodeDecoder:
    """Decodes in a process that serves many decodings.

    Its node must strip types by itself: 22.18, 23.6 or newer.
    """

    def __enter__(self) -> Self:
        node = compute_driver_executable()[0]
        self._process = subprocess.Popen(
            [node, "--input-type=module", "--eval", _PROGRAM, DECODER.resolve().as_uri()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate(timeout=10)

    def __call__(self, sent: Sequence[Sent]) -> list[Picture]:
        """Return the decoded fleet after each event."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(sent) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "node has ended: its stderr says why"
        pictures: list[Picture] = json.loads(line)
        return pictures
