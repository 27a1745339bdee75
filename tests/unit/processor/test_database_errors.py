"""Everything that a database can answer in trouble has one meaning, one remedy and one action."""

import ssl

import asyncpg
import pytest
from structlog.testing import capture_logs

from processor.database_errors import Action, Blame, DatabaseProblem, ProblemLog, blame, explain
from processor.errors import FatalError, SchemaError

ANSWERS = [
    ("08000", Action.REPEAT, "connection"),
    ("08003", Action.REPEAT, "connection"),
    ("08006", Action.REPEAT, "connection"),
    ("08P01", Action.REPEAT, "connection"),
    ("0A000", Action.STOP, "lacks a feature"),
    ("21000", Action.FAULT, "value"),
    ("22003", Action.FAULT, "value"),
    ("22008", Action.FAULT, "value"),
    ("22021", Action.FAULT, "value"),
    ("22P02", Action.FAULT, "value"),
    ("23502", Action.FAULT, "contradicts"),
    ("23505", Action.FAULT, "contradicts"),
    ("23514", Action.FAULT, "contradicts"),
    ("25006", Action.WAIT, "takes no writes"),
    ("25P02", Action.REPEAT, "connection"),
    ("25P03", Action.REPEAT, "connection"),
    ("26000", Action.WAIT, "directly"),
    ("28000", Action.WAIT, "login"),
    ("28P01", Action.WAIT, "login"),
    ("3D000", Action.WAIT, "does not exist"),
    ("3F000", Action.MIGRATE, "tables"),
    ("40001", Action.REPEAT, "transaction"),
    ("40P01", Action.REPEAT, "transaction"),
    ("42501", Action.WAIT, "right"),
    ("42601", Action.MIGRATE, "tables"),
    ("42703", Action.MIGRATE, "tables"),
    ("42883", Action.MIGRATE, "tables"),
    ("42P01", Action.MIGRATE, "tables"),
    ("42P05", Action.WAIT, "directly"),
    ("42P07", Action.REPEAT, "transaction"),
    ("53000", Action.WAIT, "resource"),
    ("53100", Action.WAIT, "disk"),
    ("53200", Action.WAIT, "memory"),
    ("53300", Action.WAIT, "connections"),
    ("54000", Action.WAIT, "limits"),
    ("54001", Action.FAULT, "value"),
    ("55000", Action.REPEAT, "waits for a lock"),
    ("55P03", Action.REPEAT, "waits for a lock"),
    ("57014", Action.REPEAT, "longer"),
    ("57P01", Action.REPEAT, "starting or stopping"),
    ("57P02", Action.REPEAT, "starting or stopping"),
    ("57P03", Action.REPEAT, "starting or stopping"),
    ("57P04", Action.WAIT, "does not exist"),
    ("57P05", Action.REPEAT, "starting or stopping"),
    ("58000", Action.WAIT, "internal error"),
    ("58030", Action.WAIT, "internal error"),
    ("58P01", Action.WAIT, "internal error"),
    ("F0000", Action.WAIT, "internal error"),
    ("P0001", Action.WAIT, "refuses a statement"),
    ("TS001", Action.WAIT, "refuses a statement"),
    ("XX000", Action.WAIT, "internal error"),
    ("XX001", Action.WAIT, "damaged"),
]


def answer(code: str, message: str = "the server's words") -> asyncpg.PostgresError:
    """Make the driver's error of a server's answer."""
    return asyncpg.PostgresError.new({"S": "ERROR", "C": code, "M": message})


@pytest.mark.parametrize(("code", "action", "words"), ANSWERS)
def test_answers_of_the_server(code: str, action: Action, words: str) -> None:
    """By SQLSTATE: what an operator can cure is retried, what would never pass is not."""
    trouble = explain(answer(code))
    assert trouble is not None
    assert trouble.action is action
    assert words in trouble.what
    assert trouble.remedy
    assert trouble.code == code


BLAMED = {
    Blame.MESSAGE: [
        "0A000",
        "21000",
        "22003",
        "22021",
        "22P02",
        "23502",
        "23514",
        "54001",
        "P0001",
    ],
    Blame.PERHAPS: ["54000", "TS001", "XX000", "QQ123"],
    Blame.AMOUNT: ["53000", "53200", "53400", "57014"],
    None: [
        *("08003", "08006", "25006", "25P02", "25P03", "26000", "28P01", "3D000", "3F000", "40001"),
        *("40P01", "42501", "42703", "42P01", "53100", "53300", "55P03", "57P01", "57P03", "58030"),
        *("XX001", "XX002"),
    ],
}


@pytest.mark.parametrize(
    ("code", "blamed"), [(code, blamed) for blamed, codes in BLAMED.items() for code in codes]
)
def test_messages_are_blamed_for_what_no_outage_and_no_operator_explains(
    code: str, blamed: Blame | None
) -> None:
    """Only then a batch is halved and a message set aside."""
    assert blame(answer(code)) is blamed


def test_messages_are_blamed_for_values_that_cannot_be_encoded() -> None:
    """Not for a call of the driver that would be wrong with any values, nor for an outage."""
    assert blame(asyncpg.DataError("invalid input for query argument $1")) is Blame.MESSAGE
    assert blame(OverflowError("int too big to convert")) is Blame.MESSAGE
    assert blame(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates")) is Blame.MESSAGE
    assert blame(asyncpg.InterfaceError("the server expects 3 arguments for this query")) is None
    assert blame(asyncpg.InterfaceError("connection is closed")) is None
    assert blame(ConnectionResetError()) is None
    assert blame(MemoryError()) is None


DRIVER = [
    (asyncpg.InterfaceError("the server expects 1 argument for this query"), Action.FAULT),
    (ssl.SSLError("tlsv1 alert"), Action.WAIT),
    (ssl.SSLCertVerificationError("certificate has expired"), Action.WAIT),
    (ConnectionRefusedError(), Action.REPEAT),
    (ConnectionError("rejected SSL upgrade"), Action.REPEAT),
    (TimeoutError(), Action.REPEAT),
    (OSError("no route to host"), Action.REPEAT),
    (FileNotFoundError(2, "No such file", "/etc/ca.pem"), Action.WAIT),
    (asyncpg.InterfaceError("connection is closed"), Action.REPEAT),
    (asyncpg.InternalClientError("unexpected state"), Action.REPEAT),
    (asyncpg.ConnectionDoesNotExistError("closed in the middle"), Action.REPEAT),
    (asyncpg.ClientConfigurationError("invalid DSN"), Action.STOP),
    (asyncpg.DataError("invalid input for query argument $1"), Action.FAULT),
    (asyncpg.InvalidCachedStatementError("cached plan must not change"), Action.REPEAT),
]


@pytest.mark.parametrize(
    ("error", "action"), DRIVER, ids=lambda item: getattr(item, "name", type(item).__name__)
)
def test_errors_of_driver_and_system(error: Exception, action: Action) -> None:
    """A certificate that is refused is a ValueError as well, and is retried all the same."""
    trouble = explain(error)
    assert trouble is not None
    assert trouble.action is action


def test_startup_parameter_that_is_refused_is_a_pooler() -> None:
    """PgBouncer takes no settings with the login: the remedy is to go around it."""
    trouble = explain(answer("08P01", "unsupported startup parameter: statement_timeout"))
    assert trouble is not None
    assert trouble.action is Action.STOP
    assert "connect directly to PostgreSQL" in str(trouble.as_error())


def test_two_instances_that_make_one_table_try_again() -> None:
    """The catalogue's own unique indexes name no row of ours."""
    error = asyncpg.PostgresError.new(
        {"S": "ERROR", "C": "23505", "M": "duplicate key", "n": "pg_type_typname_nsp_index"}
    )
    trouble = explain(error)
    assert trouble is not None
    assert trouble.action is Action.REPEAT


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), FatalError("x")])
def test_faults_of_our_own_are_no_trouble_of_the_database(error: Exception) -> None:
    """They go on as they are, and are not retried for ever."""
    assert explain(error) is None


def test_the_reason_keeps_the_words_of_the_server_for_the_log() -> None:
    """/ready is open to all, and the server's words name hosts, roles and databases."""
    trouble = explain(answer("28P01", 'password authentication failed for user "flights"'))
    assert trouble is not None
    assert "flights" not in trouble.reason
    assert 'for user "flights"' in str(trouble)
    assert isinstance(trouble.as_error(), FatalError)


def test_missing_tables_are_an_error_of_the_schema() -> None:
    """With the command that makes them."""
    trouble = explain(answer("42P01", 'relation "ingest_offsets" does not exist'))
    assert trouble is not None
    error = trouble.as_error()
    assert isinstance(error, SchemaError)
    assert "alembic upgrade head" in str(error)


def trouble(code: str) -> DatabaseProblem:
    """Give some trouble."""
    return DatabaseProblem(Action.WAIT, "what", "remedy", code, "detail")


def test_trouble_is_named_once_each_minute_and_when_it_changes() -> None:
    """A login refused after an outage is another reason, and is said at once."""
    now = 0.0
    problem_log = ProblemLog(clock=lambda: now)
    with capture_logs() as lines:
        for second in range(130):
            now = float(second)
            problem_log.report(trouble("28P01" if second >= 10 else "57P03"))
        problem_log.end()
        problem_log.end()
    assert [(line["event"], line.get("code", line.get("after"))) for line in lines] == [
        ("database_does_not_answer", "57P03"),
        ("database_does_not_answer", "28P01"),
        ("database_does_not_answer", "28P01"),
        ("database_answers", "28P01"),
    ]
