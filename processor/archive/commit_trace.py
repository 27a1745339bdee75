"""Records each commit of the archive in the traces of the polls that its batch has messages of."""

from configuration.shared_sections import KafkaSettings
from configuration.tracing import Tracing
from processor.archive.batch import Batch, Claim
from processor.archive.batch_result import Stored
from processor.archive.writer import BatchWriter


class TracedWriter:
    """A writer of batches whose commits are recorded."""

    def __init__(self, writer: BatchWriter, tracing: Tracing, kafka: KafkaSettings) -> None:
        self._writer = writer
        self._tracing = tracing
        self._attributes: dict[str, str | int] = {
            "messaging.system": "kafka",
            "messaging.destination.name": kafka.topic,
            "messaging.operation.type": "process",
            "messaging.consumer.group.name": kafka.group_id,
        }

    async def claim(self, oldest: dict[int, int]) -> list[Claim]:
        """Become the owner of partitions; see `BatchWriter.claim`."""
        return await self._writer.claim(oldest)

    async def write(self, batch: Batch) -> Stored:
        """Store a batch; see `BatchWriter.write`."""
        stored = await self._writer.write(batch)
        attributes = {**self._attributes, "flightmonitor.rows": stored.n_inserted}
        self._tracing.record(
            "commit", batch.traceparents, seconds=stored.seconds, attributes=attributes
        )
        return stored
