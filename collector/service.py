"""Builds the collector, starts it, and stops it so that nothing is left behind."""

import asyncio
import contextlib
import signal
from collections.abc import Coroutine, Iterator
from typing import Any

import structlog
from prometheus_client import ProcessCollector

from collector.clock import Clock
from collector.connection import check_urls, make_governor, open_opensky
from collector.credentials import Credentials, find_credentials
from collector.credits import ANONYMOUS_CREDITS, Governor
from collector.encodings import open_encoding
from collector.errors import FinalError
from collector.leadership import Leadership, make_leadership, run_while_leading
from collector.metrics import Metrics
from collector.metrics_server import metrics_server
from collector.opensky import OpenSky
from collector.poller import Poller
from collector.published import Published
from collector.publisher import Publisher
from collector.settings import CollectorSettings, find_plaintext_opensky
from collector.tail import Tail
from collector.topic import Topic
from configuration.build_info import prepare_metrics
from configuration.old_metric_names import RegistryWithOldNames
from configuration.tracing import Tracing, open_tracing
from configuration.transport_security import (
    find_plaintext_kafka,
    find_plaintext_tracing,
    warn_of_plaintext,
)
from kafka_client.refusals import refuse_unusable

REQUEST_GRACE_SECONDS = 10.0
"""A request that is under way at shutdown may bring a whole poll."""

DRAIN_SECONDS = 20.0
HURRIED_DRAIN_SECONDS = 1.0

log = structlog.stdlib.get_logger()


async def run(settings: CollectorSettings) -> int:
    """Run the collector until a signal; return the process's exit code.

    Raises:
        SettingsError: The credentials, what Kafka needs, or the file of API keys cannot be used as
            they are given; the port of the metrics is taken; or TLS is required and not used.
    """
    check_urls(settings.opensky)
    refuse_unusable(settings.kafka)
    warn_of_plaintext(
        settings.security,
        [
            *find_plaintext_kafka(settings.kafka),
            *find_plaintext_opensky(settings.opensky),
            *find_plaintext_tracing(settings.tracing),
        ],
    )
    credentials = find_credentials(settings.opensky)
    if credentials is None:
        _warn_of_anonymous_access()
    tracing = open_tracing(settings.tracing, "flight-monitor-collector")
    service = _Service(settings, credentials, tracing)
    registry = service.metrics.registry
    try:
        with service.signals(), metrics_server(settings.http, settings.access, registry):
            return await service.run()
    finally:
        tracing.close()


class _Service:
    """One run of the process: start, poll, stop."""

    def __init__(
        self, settings: CollectorSettings, credentials: Credentials | None, tracing: Tracing
    ) -> None:
        self._settings = settings
        self._tracing = tracing
        self._credentials = credentials
        self._clock = Clock()
        self._hurry = asyncio.Event()
        self._failed_before_stop = 0
        registry = RegistryWithOldNames()
        prepare_metrics(registry, "collector")
        ProcessCollector(registry=registry)
        self.metrics = Metrics(registry)

    async def run(self) -> int:
        """1. the topic, 2. the leadership and the topic's tail, 3. poll until the end, 4. drain."""
        topic = Topic(settings=self._settings.kafka, clock=self._clock)
        try:
            await topic.prepare()
            encoding = await open_encoding(self._settings.kafka, self._clock)
        except FinalError as error:
            log.error("cannot_go_on", reason=str(error))  # noqa: TRY400 - the text is for the user
            return 1
        if self._clock.is_stopping:
            log.info("stopped", undelivered=0)
            return 0
        kafka, metrics, clock = self._settings.kafka, self.metrics, self._clock
        publisher = Publisher(settings=kafka, metrics=metrics, clock=clock, encoding=encoding)
        connection = open_opensky(self._settings.opensky, self._credentials, clock)
        leadership = make_leadership(
            kafka, metrics=metrics, clock=clock, deliver=publisher.deliver_queued
        )
        following = asyncio.create_task(leadership.run(), name="leadership")
        async with connection as opensky:
            polling = self._poll_while_leading(opensky, publisher, topic, leadership)
            ended_by = await self._work_until_stopped(polling, following, publisher, topic)
        undelivered = await self._drain(publisher)
        # Another collector begins with what this one has delivered.
        failure = await _cancel(following)
        await leadership.leave()
        return _conclude(ended_by or failure, undelivered)

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Let the first SIGTERM or SIGINT stop, and a second one hurry."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._on_signal, number.name)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _on_signal(self, name: str) -> None:
        if self._clock.is_stopping:
            self._hurry.set()
        else:
            log.info("stopping", signal=name)
            self._clock.stop()

    async def _poll_while_leading(
        self, opensky: OpenSky, publisher: Publisher, topic: Topic, leadership: Leadership
    ) -> None:
        """Poll whenever this process leads, each time from what the topic holds then."""
        governor = make_governor(self._settings.opensky, self._credentials, self._clock)
        while True:
            await leadership.take()
            if self._clock.is_stopping:
                return
            tail = await topic.read_tail()
            poller = self._poller(opensky, publisher, governor, tail, leadership)
            await run_while_leading(poller.run(), leadership)

    def _poller(
        self,
        opensky: OpenSky,
        publisher: Publisher,
        governor: Governor,
        tail: Tail,
        leadership: Leadership,
    ) -> Poller:
        published = Published()
        published.seed(tail.last_contacts)
        log.info(
            "started",
            topic=self._settings.kafka.topic,
            areas=[area.name for area in self._settings.opensky.areas] or "globe",
            aircraft_known=len(published),
            last_poll_times=tail.poll_times,
        )
        return Poller(
            settings=self._settings.opensky,
            opensky=opensky,
            publisher=publisher,
            governor=governor,
            published=published,
            covered=tail.poll_times,
            last_published_at=tail.published_at,
            metrics=self.metrics,
            clock=self._clock,
            is_authenticated=self._credentials is not None,
            tracing=self._tracing,
            confirm_leadership=leadership.confirm,
        )

    async def _work_until_stopped(
        self,
        work: Coroutine[Any, Any, None],
        following: asyncio.Task[None],
        publisher: Publisher,
        topic: Topic,
    ) -> BaseException | None:
        """Return the error that ended polling, None after a signal."""
        polling = asyncio.create_task(work, name="polling")
        reporting = asyncio.create_task(publisher.run(), name="delivery reports")
        watching = asyncio.create_task(topic.watch(), name="topic settings")
        stopping = asyncio.create_task(self._clock.stopped(), name="signal")
        await asyncio.wait(
            (polling, following, reporting, stopping), return_when=asyncio.FIRST_COMPLETED
        )
        self._clock.stop()
        self._failed_before_stop = publisher.failed
        await self._wait_for(polling, REQUEST_GRACE_SECONDS)
        return await _cancel(polling, reporting, watching, stopping)

    async def _drain(self, publisher: Publisher) -> int:
        """Deliver what is queued; return how many messages are lost since the stop."""
        draining = asyncio.create_task(publisher.drain(DRAIN_SECONDS), name="drain")
        await self._wait_for(draining, DRAIN_SECONDS)
        publisher.hurry(HURRIED_DRAIN_SECONDS)
        await draining
        return publisher.failed - self._failed_before_stop

    async def _wait_for(self, task: asyncio.Task[object], seconds: float) -> None:
        """Wait for the task, but not beyond the time limit or a second signal."""
        hurried = asyncio.create_task(self._hurry.wait(), name="second signal")
        await asyncio.wait((task, hurried), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()


async def _cancel(*tasks: asyncio.Task[None]) -> BaseException | None:
    """End the tasks and return the first error that one of them had ended with by itself."""
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    errors = [each for each in results if isinstance(each, BaseException)]
    return next((each for each in errors if not isinstance(each, asyncio.CancelledError)), None)


def _conclude(error: BaseException | None, undelivered: int) -> int:
    """Say how it ended; return the exit code."""
    if undelivered:
        log.error(
            "messages_undelivered",
            count=undelivered,
            hint="the broker did not take them in time; after the next start they are requested "
            "again, up to an hour back and only with credentials",
        )
    if isinstance(error, FinalError):
        log.error("cannot_go_on", reason=str(error))
        return 1
    if error is not None:
        raise error
    log.info("stopped", undelivered=undelivered)
    return 1 if undelivered else 0


def _warn_of_anonymous_access() -> None:
    log.warning(
        "no_credentials",
        hint=f"anonymous access: {ANONYMOUS_CREDITS} credits a day, one poll of the globe each "
        "15 minutes, nothing filled in after an outage; set opensky.credentials_file to the "
        "credentials.json of a free account at https://opensky-network.org/my-opensky/account",
    )
