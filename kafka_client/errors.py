"""Why Kafka cannot be used: the cause that librdkafka named last, in a sentence with its remedy."""

import re
import time
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError

from configuration.log_throttle import Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.log import LibraryLog, without_decoration

REFUSAL_HOLDS_SECONDS = 15.0
"""How long a refusal explains lost connections. A refused client tries again after 5 s at most, so
a connection that is lost later than this has another cause."""

REFUSED_BACKOFF_MILLISECONDS = 2_000
"""librdkafka's `reconnect.backoff.ms` for a client that is made after a refusal. While a request
waits for a broker, librdkafka connects after half of this each time, whatever
`reconnect.backoff.max.ms` is: 20 times a second with the value that serves a broker's restart."""

SLOW_DOWN_AFTER_SECONDS = 60.0
"""How long a refusal lasts before a client is replaced by one that connects less often. A member of
a group has lost its session by then, so that to join again delays nothing."""

_NOTICE = 5
"""librdkafka's level; below it come lines about each connection that was closed for idleness."""

AUTHORIZATION = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
_AUTHENTICATION = frozenset(
    {
        KafkaError._AUTHENTICATION,  # noqa: SLF001 - librdkafka's public name
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.UNSUPPORTED_SASL_MECHANISM,
        KafkaError.ILLEGAL_SASL_STATE,
    }
)
_TLS = KafkaError._SSL  # noqa: SLF001 - librdkafka's public name
_RESOLVE = KafkaError._RESOLVE  # noqa: SLF001 - librdkafka's public name
_ALL_DOWN = KafkaError._ALL_BROKERS_DOWN  # noqa: SLF001 - librdkafka's public name

REFUSALS = AUTHORIZATION | _AUTHENTICATION | {_TLS}
"""A broker answers, but does not serve this client until an operator changes something."""

_ASKS_FOR_CERTIFICATE = re.compile(r"alert ([a-z ]*certificate|unknown ca)")
"""What a broker says with TLS that refuses the client's certificate, or misses one. librdkafka
reports it as a connection that is lost."""

_BROKER = re.compile(r"^(\w+://)?\S+/(bootstrap|\d+): ")
"""The prefix of librdkafka's texts: `sasl_ssl://host:9092/bootstrap: `."""


class BrokerErrors:
    """The errors of one client, or of several that one task uses one after the other.

    librdkafka reports them while the client is polled; an AdminClient is polled for nothing else.
    A refusal is not replaced by the lost connections that follow from it.
    """

    def __init__(
        self,
        settings: KafkaSettings,
        *,
        client: str,
        on_trouble: Callable[[str], None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without an error.

        Args:
            settings: The remedies name their keys and values.
            client: The client's name in log lines.
            on_trouble: Called with the reason when it is a new one, and each minute that it lasts.
            monotonic: Seconds of a clock that never steps.
        """
        self._settings = settings
        self._client = client
        self._on_trouble = on_trouble
        self._monotonic = monotonic
        self._throttle = Throttle(monotonic)
        self._cause: str | None = None
        self._refused_at = -REFUSAL_HOLDS_SECONDS
        self._forbidden_at = -REFUSAL_HOLDS_SECONDS
        self._is_down = False
        self._is_said = False
        self._refused_since: float | None = None
        self._is_client_slow = False

    @property
    def client(self) -> str:
        """The client's name in log lines."""
        return self._client

    @property
    def reason(self) -> str | None:
        """Why no broker can be used and what to do; None while one answers."""
        return self.explain() if self._is_down else None

    @property
    def is_refused(self) -> bool:
        """Whether a broker answered within the last seconds, and does not serve this client."""
        return self._is_recent(self._refused_at)

    @property
    def needs_slower_client(self) -> bool:
        """Whether a client that was made before a refusal has connected often for long enough."""
        return (
            self._refused_since is not None
            and self.is_refused
            and not self._is_client_slow
            and self._monotonic() - self._refused_since >= SLOW_DOWN_AFTER_SECONDS
        )

    def client_config(self) -> dict[str, Any]:
        """Return what a client needs to reach the broker and to report here."""
        self._is_client_slow = self.is_refused
        return {
            **self._settings.connection(),
            **self.backoff(),
            "log_level": _NOTICE,
            "logger": LibraryLog(self._client),
            "error_cb": self.note,
        }

    def backoff(self) -> dict[str, int]:
        """Return what lets a client connect less often after a refusal; empty without one."""
        return {"reconnect.backoff.ms": REFUSED_BACKOFF_MILLISECONDS} if self.is_refused else {}

    def note(self, error: KafkaError) -> None:
        """Record an error: librdkafka's `error_cb`, or one that came with a message."""
        code = error.code()
        is_refusal = code in REFUSALS or _asks_for_certificate(error)
        if is_refusal or code == _RESOLVE:
            self._note_refusal()
            self._cause = _explain(error, self._settings)
        elif code != _ALL_DOWN and not self._is_recent(self._refused_at):
            self._cause = _explain(error, self._settings)
        if code in AUTHORIZATION:
            self._forbidden_at = self._monotonic()
        if code == _ALL_DOWN or is_refusal:
            self._is_down = True
        self._say()

    def fail(self, reason: str, *, is_refusal: bool = False) -> None:
        """Record why a request of another client failed, which has its own errors."""
        self._cause, self._is_down = reason, True
        if is_refusal:
            self._note_refusal()
        self._say()

    def answered(self, *, with_data: bool = False) -> bool:
        """Forget all errors, since a broker has answered; return whether a reason was logged.

        Args:
            with_data: Whether the broker took or gave messages. Another answer does not prove that
                it would, if it has denied the right to do so within the last seconds.
        """
        if self._is_recent(self._forbidden_at) and not with_data:
            return False
        was_said = self._is_said
        self._cause, self._is_down, self._is_said = None, False, False
        self._refused_at = self._forbidden_at = -REFUSAL_HOLDS_SECONDS
        return was_said

    def explain(self, error: KafkaError | None = None) -> str:
        """Return the cause of a failed request; the request's own error seldom states it."""
        if self._cause is not None:
            return self._cause
        if error is not None and error.code() not in {_ALL_DOWN, KafkaError._TRANSPORT}:  # noqa: SLF001 - librdkafka's public name
            return _explain(error, self._settings)
        return (
            f"no broker of {self._settings.bootstrap_servers} keeps the connection: see whether it "
            "runs, and whether kafka.security_protocol "
            f"({self._settings.security_protocol}) is what this port of it expects"
        )

    def _note_refusal(self) -> None:
        if not self.is_refused or self._refused_since is None:
            self._refused_since = self._monotonic()
        self._refused_at = self._monotonic()

    def _say(self) -> None:
        if (reason := self.reason) is not None and self._throttle.admit(reason) is not None:
            self._is_said = True
            self._on_trouble(reason)

    def _is_recent(self, at: float) -> bool:
        return self._monotonic() - at < REFUSAL_HOLDS_SECONDS


def _explain(error: KafkaError, settings: KafkaSettings) -> str:
    code, said = error.code(), _BROKER.sub("", without_decoration(error.str()))
    where = f"Kafka at {settings.bootstrap_servers}"
    if code in _AUTHENTICATION:
        return f"{where} refuses {settings.describe_client()} ({said}): {_login_remedy(settings)}"
    if _asks_for_certificate(error):
        return (
            f"{where} does not accept {settings.describe_client()} ({said}): set "
            "ssl.certificate.location and ssl.key.location in kafka.properties to a certificate "
            "that the broker trusts, or renew it"
        )
    if code == _TLS:
        authorities = settings.ssl_ca_file or "those of the system"
        return (
            f"no TLS connection to {where} ({said}): correct kafka.ssl_ca_file ({authorities}), "
            "or the broker's certificate, which may have expired or name another host"
        )
    if code == _RESOLVE:
        return f"{where} is not found ({said}): correct kafka.bootstrap_servers or the name service"
    if code in AUTHORIZATION:
        return (
            f"{where} does not permit this to {settings.describe_client()} ({said}): grant "
            f"it the rights on topic {settings.topic} and group {settings.group_id} by kafka-acls"
        )
    return f"{where} cannot be reached ({said}): see kafka.bootstrap_servers and the broker's log"


def _login_remedy(settings: KafkaSettings) -> str:
    if settings.has_token_login():
        endpoint = settings.property_text("sasl.oauthbearer.token.endpoint.url")
        return (
            "correct sasl.oauthbearer.client.id or sasl.oauthbearer.client.secret in "
            f"kafka.properties, or the client at the token server ({endpoint}); the broker has to "
            "trust that server's keys"
        )
    return (
        "correct kafka.sasl_username, kafka.sasl_password or kafka.sasl_mechanism "
        f"({settings.sasl_mechanism}), or the user at the broker"
    )


def _asks_for_certificate(error: KafkaError) -> bool:
    return _ASKS_FOR_CERTIFICATE.search(error.str()) is not None
