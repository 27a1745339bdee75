"""Which of several collectors requests and publishes: one leads, the others stand by."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog

from collector.clock import Clock
from collector.errors import NotLeadingError
from collector.group_member import SESSION_TIMEOUT_SECONDS, GroupMember, collectors_group
from collector.metrics import Metrics
from configuration.shared_sections import KafkaSettings
from kafka_client.errors import BrokerErrors

MEMBER_POLL_SECONDS = 0.1
CONFIRM_AGAIN_SECONDS = 0.2

SAY_AFTER_SECONDS = 2.0
"""The group answers within a second, unless it waits for a member that was killed."""

VALID_SECONDS = SESSION_TIMEOUT_SECONDS / 2
"""A commit is a sign of life, so no other member leads before the session timeout has passed."""

LEAVE_SECONDS = 5.0

log = structlog.stdlib.get_logger()


class Leadership(Protocol):
    """Decides whether this process may request and publish."""

    async def run(self) -> None:
        """Follow what the group decides, until cancelled."""

    async def take(self) -> None:
        """Return when this process leads, or is to stop."""

    async def confirm(self) -> None:
        """Return if this process leads at this moment.

        Raises:
            NotLeadingError: It does not, or it stops before that is known.
        """

    async def lost(self) -> None:
        """Return when this process does not lead any more."""

    async def leave(self) -> None:
        """Let another collector lead."""


class SoleCollector:
    """Leads without asking, where `kafka.collector_standby` is false."""

    def __init__(self, metrics: Metrics) -> None:
        metrics.leading.set(1)

    async def run(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def take(self) -> None:
        """Return at once."""

    async def confirm(self) -> None:
        """Return at once."""

    async def lost(self) -> None:
        """Wait for ever."""
        await asyncio.Event().wait()

    async def leave(self) -> None:
        """Do nothing."""


class Member(Protocol):
    """What the leadership needs of a membership, see `collector.group_member.GroupMember`."""

    leads: bool
    is_assigned: bool
    is_lost: bool

    def poll(self) -> None: ...  # noqa: D102
    async def confirm(self) -> bool: ...  # noqa: D102
    def leader(self) -> str | None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class GroupLeadership:
    """Leads while Kafka says so.

    The loop that polls OpenSky also polls the membership, so that a process whose loop hangs loses
    both. A lost membership is replaced by a new one, which is the youngest.
    """

    def __init__(
        self, join: Callable[[], Member], *, group: str, metrics: Metrics, clock: Clock
    ) -> None:
        """Join the group.

        Args:
            join: Makes a membership.
            group: The name of the group, for the log.
            metrics: Shows whether this process leads.
            clock: Its stop ends what waits.
        """
        self._join = join
        self._member = join()
        self._metrics = metrics
        self._clock = clock
        self._log = log.bind(group=group)
        self._is_leading = False
        self._lost = asyncio.Event()

    async def run(self) -> None:
        """Follow what the group decides, until cancelled."""
        while True:
            self._member.poll()
            if self._is_leading and not self._member.leads:
                self._lose()
            if self._member.is_lost:
                _ = _in_background(self._member.close)  # not waited for
                self._member = self._join()
            await asyncio.sleep(MEMBER_POLL_SECONDS)

    async def take(self) -> None:
        """Return when this process leads, or is to stop."""
        say_at = self._clock.monotonic() + SAY_AFTER_SECONDS
        is_said = False
        while not (self._member.leads or self._clock.is_stopping):
            if not is_said and (self._member.is_assigned or self._clock.monotonic() >= say_at):
                is_said = True
                await self._say_standing_by()
            await self._clock.pause(MEMBER_POLL_SECONDS)
        if self._clock.is_stopping:
            return
        if is_said:
            self._log.info("leadership_taken")
        self._is_leading = True
        self._lost.clear()
        self._metrics.leading.set(1)

    async def confirm(self) -> None:
        """Return if Kafka confirms at this moment that this process leads.

        Where Kafka does not answer, or the group is being divided again, it waits for the outcome:
        a request that is sent meanwhile might be the second one. A confirmation that took long, as
        that of a process which was suspended, may be outdated and is asked for again.

        Raises:
            NotLeadingError: It does not lead, or it stops before that is known.
        """
        while self._is_leading:
            asked_at = self._clock.monotonic()
            is_confirmed = await self._member.confirm()
            if is_confirmed and self._clock.monotonic() - asked_at < VALID_SECONDS:
                return
            if self._clock.is_stopping:
                break
            await self._clock.pause(CONFIRM_AGAIN_SECONDS)
        raise NotLeadingError("another collector may lead")

    async def lost(self) -> None:
        """Return when this process does not lead any more."""
        await self._lost.wait()

    async def leave(self) -> None:
        """Leave the group, so that another collector leads at once."""
        self._is_leading = False
        self._metrics.leading.set(0)
        left = _in_background(self._member.close)
        await asyncio.wait([left], timeout=LEAVE_SECONDS)
        if not left.done():
            self._log.warning("group_not_left", after_seconds=LEAVE_SECONDS)

    def _lose(self) -> None:
        self._is_leading = False
        self._lost.set()
        self._metrics.leading.set(0)
        self._log.warning(
            "leadership_lost",
            reason=f"no sign of life reached Kafka for {SESSION_TIMEOUT_SECONDS:g} s"
            if self._member.is_lost
            else "Kafka has chosen another collector",
            hint="no request is sent until this collector leads again",
        )

    async def _say_standing_by(self) -> None:
        self._log.info(
            "standing_by",
            leader=await asyncio.to_thread(self._member.leader),
            hint="this collector requests nothing; it takes over when the leader stops, or within "
            f"{SESSION_TIMEOUT_SECONDS + 5:g} s after it has died",
        )


def _in_background(function: Callable[[], None]) -> asyncio.Future[None]:
    """Call it in a thread that the end of the process does not wait for.

    A consumer whose broker is stuck closes only when that answers.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def call() -> None:
        function()
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(done.set_result, None)

    threading.Thread(target=call, name="leave group", daemon=True).start()
    return done


def make_leadership(
    settings: KafkaSettings, *, metrics: Metrics, clock: Clock, deliver: Callable[[], None]
) -> Leadership:
    """Return what the settings ask for; a member of the group has asked to join it then.

    Args:
        settings: The broker, the topic and the group.
        metrics: Shows whether this process leads.
        clock: Its stop ends what waits.
        deliver: Delivers what is queued, before another collector can lead.
    """
    if not settings.collector_standby:
        return SoleCollector(metrics)
    group = collectors_group(settings)
    errors = BrokerErrors(
        settings.model_copy(update={"group_id": group}),
        client="collector group",
        on_trouble=lambda reason: log.warning(
            "leadership_unknown",
            group=group,
            reason=reason,
            hint="no request is sent until Kafka says which collector leads",
        ),
    )
    name = f"{socket.gethostname()}/{os.getpid()}"
    return GroupLeadership(
        lambda: GroupMember(
            settings, errors=errors, name=name, joined_at=clock.now(), deliver=deliver
        ),
        group=group,
        metrics=metrics,
        clock=clock,
    )


async def run_while_leading(work: Coroutine[Any, Any, None], leadership: Leadership) -> None:
    """Run until it ends, or cancel it as soon as the leadership is lost.

    Raises:
        Exception: The work's own, but NotLeadingError.
    """
    working = asyncio.create_task(work, name="poller")
    losing = asyncio.create_task(leadership.lost(), name="leadership")
    try:
        await asyncio.wait((working, losing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (working, losing):
            task.cancel()
        (error, _) = await asyncio.gather(working, losing, return_exceptions=True)
    if isinstance(error, BaseException) and not isinstance(
        error, asyncio.CancelledError | NotLeadingError
    ):
        raise error
