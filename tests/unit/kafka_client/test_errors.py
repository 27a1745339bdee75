"""Why Kafka cannot be used, out of the errors in the order in which librdkafka reports them."""

import logging

import pytest
from confluent_kafka import KafkaError
from structlog.testing import capture_logs

from configuration.log_throttle import INTERVAL_SECONDS, MAX_KEYS, Throttle
from configuration.shared_sections import KafkaSettings
from kafka_client.errors import (
    REFUSAL_HOLDS_SECONDS,
    SLOW_DOWN_AFTER_SECONDS,
    BrokerErrors,
)
from kafka_client.log import LibraryLog

SETTINGS = KafkaSettings.model_validate(
    {
        "bootstrap_servers": "kafka:9092",
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_username": "flights",
        "sasl_password": "hush-hush",
    }
)
BAD_PASSWORD = KafkaError(
    KafkaError._AUTHENTICATION,
    "sasl_plaintext://kafka:9092/bootstrap: SASL authentication error: Authentication failed: "
    "Invalid username or password (after 305ms in state AUTH_REQ)",
)
REFUSED_CONNECTION = KafkaError(
    KafkaError._TRANSPORT,
    "kafka:9092/1: Connect to ipv4#10.0.0.7:9092 failed: Connection refused (after 0ms in state "
    "CONNECT)",
)
ALL_DOWN = KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down")


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def reason(errors: BrokerErrors) -> str | None:
    """Return the reason, which the type checker would take for the one of before."""
    return errors.reason


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def said() -> list[str]:
    """Give the list that takes what is logged."""
    return []


@pytest.fixture
def errors(time: Time, said: list[str]) -> BrokerErrors:
    return BrokerErrors(SETTINGS, client="test", on_trouble=said.append, monotonic=time)


def test_a_refused_password_outlives_the_lost_connections_that_follow_from_it(
    errors: BrokerErrors,
) -> None:
    """The reason names the user and the settings, and not the password."""
    for error in (BAD_PASSWORD, ALL_DOWN, REFUSED_CONNECTION, ALL_DOWN):
        errors.note(error)
    assert errors.reason is not None
    assert "kafka:9092 refuses the user 'flights' (SASL authentication error" in errors.reason
    assert "kafka.sasl_password" in errors.reason
    assert "after 305ms" not in errors.reason
    assert "hush-hush" not in errors.reason


def test_a_broker_that_dies_after_a_refusal_is_said_to_be_dead(
    errors: BrokerErrors, time: Time
) -> None:
    """Once it has not refused for longer than between two attempts."""
    errors.note(BAD_PASSWORD)
    time.now += REFUSAL_HOLDS_SECONDS
    errors.note(REFUSED_CONNECTION)
    assert errors.reason is not None
    assert "cannot be reached (Connect to ipv4#10.0.0.7:9092 failed" in errors.reason


def test_a_client_that_is_refused_for_long_is_replaced_by_a_slower_one(
    errors: BrokerErrors, time: Time
) -> None:
    """Once: a client that was made after the refusal is slow already."""
    errors.client_config()
    found = [_needs_slower_client(errors, time, SLOW_DOWN_AFTER_SECONDS - 5)]
    found.append(_needs_slower_client(errors, time, 5))
    errors.client_config()
    found.append(_needs_slower_client(errors, time, SLOW_DOWN_AFTER_SECONDS))
    assert found == [False, True, False]


def test_refusals_with_pauses_between_them_need_no_slower_client(
    errors: BrokerErrors, time: Time
) -> None:
    """The time counts from the first of those that follow closely upon each other."""
    errors.client_config()
    for _ in range(10):
        assert not _needs_slower_client(errors, time, 10)
        time.now += REFUSAL_HOLDS_SECONDS


def _needs_slower_client(errors: BrokerErrors, time: Time, refused_seconds: float) -> bool:
    """Refuse every five seconds for so long, and return what the errors say then."""
    for _ in range(round(refused_seconds / 5)):
        errors.note(BAD_PASSWORD)
        time.now += 5
    errors.note(BAD_PASSWORD)
    return errors.needs_slower_client


def test_one_lost_broker_of_several_is_no_trouble(errors: BrokerErrors) -> None:
    """Its partitions move to others."""
    errors.note(REFUSED_CONNECTION)
    assert reason(errors) is None
    errors.note(ALL_DOWN)
    assert "Connection refused" in str(reason(errors))


def test_an_answer_ends_it(errors: BrokerErrors) -> None:
    """The answer says whether an outage has ended."""
    assert not errors.answered()
    errors.note(BAD_PASSWORD)
    assert errors.answered()
    assert errors.reason is None


def test_connections_that_break_without_a_cause_name_the_protocol(errors: BrokerErrors) -> None:
    """A listener with TLS hangs up on a client without, and does not say why."""
    errors.note(ALL_DOWN)
    assert errors.reason is not None
    assert "kafka.security_protocol (SASL_PLAINTEXT)" in errors.reason


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (KafkaError._SSL, "kafka.ssl_ca_file (those of the system)"),
        (KafkaError._AUTHENTICATION, "kafka.sasl_mechanism (SCRAM-SHA-512)"),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, "on topic telemetry.raw and group flight-monitor"),
        (KafkaError.GROUP_AUTHORIZATION_FAILED, "kafka-acls"),
    ],
)
def test_each_refusal_is_trouble_by_itself(errors: BrokerErrors, code: int, remedy: str) -> None:
    errors.note(KafkaError(code, "no"))
    assert errors.reason is not None
    assert remedy in errors.reason


def test_a_name_that_is_not_found_is_kept_until_all_are_down(errors: BrokerErrors) -> None:
    """One of several names may be wrong without harm."""
    errors.note(KafkaError(KafkaError._RESOLVE, "Failed to resolve 'kafka:9092'"))
    assert reason(errors) is None
    errors.note(REFUSED_CONNECTION)
    errors.note(ALL_DOWN)
    assert "correct kafka.bootstrap_servers" in str(reason(errors))


def test_the_reason_is_said_once_a_minute_and_a_new_one_at_once(
    errors: BrokerErrors, said: list[str], time: Time
) -> None:
    """Not twenty times a second, and not only an hour ago."""
    for _ in range(120):
        errors.note(BAD_PASSWORD)
        errors.note(ALL_DOWN)
        time.now += 1
    assert len(said) == 2
    errors.note(KafkaError(KafkaError._SSL, "certificate has expired"))
    assert len(said) == 3
    assert "certificate has expired" in said[2]


def test_lines_of_librdkafka_are_events_and_throttled(time: Time) -> None:
    """Those that differ in a number or a duration are equal."""
    library = LibraryLog("archive", throttle=Throttle(time))
    with capture_logs() as logs:
        for number in range(30):
            text = (
                f"[thrd:k:9092/bootstrap]: k:9092/1: Connect failed (after {number}ms in state X)"
            )
            library.log(logging.ERROR, "%s [%s] %s", "FAIL", f"rdkafka#producer-{number}", text)
            time.now += 0.1
        library.log(logging.WARNING, "", "MAXPOLL", "rdkafka#consumer-1", "too slow")
        time.now += INTERVAL_SECONDS
        library.log(logging.ERROR, "", "FAIL", "rdkafka#producer-1", "k:9092/2: Connect failed")
    first, other, again = logs
    assert first == {
        "event": "librdkafka",
        "log_level": "error",
        "client": "archive",
        "facility": "FAIL",
        "text": "k:9092/1: Connect failed",
        "left_out": 0,
    }
    assert (other["log_level"], other["text"]) == ("warning", "too slow")
    assert again["left_out"] == 29


def test_lines_that_differ_without_end_are_bounded(time: Time) -> None:
    """In lines and in memory; those of a minute ago make room."""
    throttle = Throttle(time)
    admitted = [throttle.admit(f"line {number}") for number in range(1_000)]
    assert sum(each is not None for each in admitted) == MAX_KEYS
    time.now += INTERVAL_SECONDS
    assert throttle.admit("line 999") == 0


ASKED_FOR_CERTIFICATE = KafkaError(
    KafkaError._TRANSPORT,
    "ssl://kafka:9093/bootstrap: Receive failed: error:0A000412:SSL routines::ssl/tls alert bad "
    "certificate: SSL alert number 42",
)
NO_TOKEN = KafkaError(
    KafkaError._AUTHENTICATION,
    'Failed to acquire SASL OAUTHBEARER token: {"error": "invalid_client"}',
)


def test_a_client_certificate_that_is_missing_is_named() -> None:
    """The broker says so in an alert, which librdkafka reports as a lost connection."""
    errors = BrokerErrors(
        KafkaSettings(bootstrap_servers="kafka:9093", security_protocol="SSL"), client="test"
    )
    errors.note(ASKED_FOR_CERTIFICATE)
    errors.note(ALL_DOWN)
    assert "does not accept the client's certificate (none)" in str(errors.reason)
    assert "ssl.certificate.location and ssl.key.location in kafka.properties" in str(errors.reason)


def test_a_token_that_is_refused_is_named_with_the_server_that_gives_tokens() -> None:
    """User name and password are not what has to be corrected."""
    url = "https://tokens.example/token"
    settings = KafkaSettings.model_validate(
        {
            "bootstrap_servers": "kafka:9093",
            "security_protocol": "SASL_SSL",
            "sasl_mechanism": "OAUTHBEARER",
            "properties": {
                "sasl.oauthbearer.client.id": "flights",
                "sasl.oauthbearer.client.secret": "hush-hush",
                "sasl.oauthbearer.token.endpoint.url": url,
            },
        }
    )
    errors = BrokerErrors(settings, client="test")
    errors.note(NO_TOKEN)
    remedy = f"client.secret in kafka.properties, or the client at the token server ({url})"
    assert "refuses the client 'flights' of the token server" in str(errors.reason)
    assert remedy in str(errors.reason)
    assert "kafka.sasl_password" not in str(errors.reason)
    assert "hush-hush" not in str(errors.reason)
