"""Classify errors of the database: what they mean, the remedy, and whether to try again.

An SQLSTATE that is not in the table is classified by its class, the first two characters. An error
whose class is missing too is retried, because an operator may remove its cause; it is logged each
minute.
"""

import enum
import ssl
import time
from collections.abc import Callable
from typing import NamedTuple

import asyncpg
import structlog

from processor.errors import FatalError, SchemaError

log = structlog.get_logger()

REPEAT_SECONDS = 60
"""How often a problem that lasts is logged again."""

CONNECT_DIRECTLY = (
    "connect directly to PostgreSQL: between it and database.url stands a connection pooler, such"
    " as PgBouncer, which does not keep a session's settings and temporary tables"
)


class Action(enum.Enum):
    """What to do about a problem."""

    REPEAT = "it passes by itself: try again soon"
    WAIT = "an operator has to act: try again, at longer intervals"
    MIGRATE = "the tables are not those of this version: stop"
    STOP = "a setting or the server is at fault, each time: stop"
    FAULT = "the statement or its values are at fault, each time: stop"


class Blame(enum.Enum):
    """What the refusal of a transaction says about its messages."""

    MESSAGE = "one of them is refused, and would be each time"
    PERHAPS = "one of them may be refused each time: the server does not say so clearly"
    AMOUNT = "they may be too many at a time"


class DatabaseProblem(NamedTuple):
    """A kind of problem, described for an operator.

    Attributes:
        what: What has happened, as a clause without the server's message.
        remedy: What an operator can do about it.
        code: The SQLSTATE, or the name of the error of the driver or the system.
        detail: The server's message, which may name hosts and roles: for the log only.
    """

    action: Action
    what: str
    remedy: str
    code: str = ""
    detail: str = ""

    @property
    def is_retried(self) -> bool:
        """Whether the same operation may succeed later."""
        return self.action in {Action.REPEAT, Action.WAIT}

    @property
    def reason(self) -> str:
        """One sentence without the server's message, which may be shown to clients."""
        return f"{self.what} ({self.code}); {self.remedy}"

    def __str__(self) -> str:
        """One sentence with the server's message, for the log."""
        return f"{self.what} ({self.code}: {self.detail}); {self.remedy}"

    def as_error(self) -> FatalError:
        """Return the error to raise where the operation is not retried."""
        return SchemaError(str(self)) if self.action is Action.MIGRATE else FatalError(str(self))


_ANSWERS_NOT = DatabaseProblem(
    Action.REPEAT,
    "the database does not answer",
    "see that its server runs and can be reached at the host and port of database.url",
)
_BROKE = DatabaseProblem(
    Action.REPEAT,
    "the connection to the database broke",
    "it is opened again; see the server's log if this lasts (that is also how a server with TLS "
    "1.3 refuses a client certificate, sslcert, that has expired)",
)
_STARTS_OR_STOPS = DatabaseProblem(
    Action.REPEAT, "the database server is starting or stopping", "wait until it is up"
)
_REPEATED = DatabaseProblem(
    Action.REPEAT,
    "a transaction conflicted with another one",
    "it is repeated; nothing has to be done",
)
_IN_USE = DatabaseProblem(
    Action.REPEAT,
    "a statement waits for a lock of another session",
    "find the session that holds the lock (pg_locks) if this lasts",
)
_TOO_LONG = DatabaseProblem(
    Action.REPEAT,
    "a statement took longer than database.statement_timeout_seconds, or was cancelled",
    "find out what slows the database down, or allow more seconds",
)
_LOGIN = DatabaseProblem(
    Action.WAIT,
    "the database refuses the login",
    "let the role of database.url log in (LOGIN, password, pg_hba.conf), or correct the setting",
)
_NO_DATABASE = DatabaseProblem(
    Action.WAIT,
    "the database that database.url names does not exist",
    "create it and run `alembic upgrade head`, or correct the setting",
)
_NO_RIGHT = DatabaseProblem(
    Action.WAIT,
    "the role of database.url lacks a right",
    "grant it, or use the role that ran `alembic upgrade head`",
)
_READ_ONLY = DatabaseProblem(
    Action.WAIT,
    "the database takes no writes",
    "connect to the primary server, or end default_transaction_read_only",
)
_NO_PRIMARY = DatabaseProblem(
    Action.REPEAT,
    "no server of database.url takes writes",
    "promote a replica, or see that the primary runs and can be reached",
)
_DISK_FULL = DatabaseProblem(
    Action.WAIT,
    "the disk of the database is full",
    "free or add space on its server, or keep less (database.retention_days)",
)
_NO_MEMORY = DatabaseProblem(
    Action.WAIT,
    "the database server is out of memory",
    "give it more, or fewer tasks at a time; if it says shared memory, raise"
    " max_locks_per_transaction",
)
_CONNECTIONS = DatabaseProblem(
    Action.WAIT,
    "the database takes no more connections",
    "close others, or raise max_connections or the role's CONNECTION LIMIT",
)
_RESOURCES = DatabaseProblem(
    Action.WAIT, "the database server is short of a resource", "see its log and its configuration"
)
_LIMIT = DatabaseProblem(
    Action.WAIT,
    "the database is at one of its own limits",
    "see the server's log; transaction ids that have run out need VACUUM",
)
_SERVER_FAULT = DatabaseProblem(
    Action.WAIT,
    "the database server has an internal error",
    "see its log and its disk: a full or broken disk causes it as well",
)
_DAMAGED = DatabaseProblem(
    Action.WAIT, "data of the database are damaged", "see the server's log; restore them"
)
_TLS = DatabaseProblem(
    Action.WAIT,
    "the TLS connection to the database fails",
    "renew the server's certificate or the client's (sslcert and sslkey in database.url), or "
    "correct sslrootcert and sslmode",
)
_NO_CERTIFICATE = DatabaseProblem(
    Action.WAIT,
    "the database asks for a client certificate",
    "set sslcert and sslkey in database.url to one that the server trusts, or renew it",
)
_UNREADABLE_FILE = DatabaseProblem(
    Action.WAIT,
    "a file that database.url or a PG variable names cannot be read",
    "put it in its place, or correct the setting",
)
_POOLER = DatabaseProblem(Action.STOP, "the database is not reached directly", CONNECT_DIRECTLY)
_POOLER_SINCE = _POOLER._replace(action=Action.WAIT)
_UNKNOWN = DatabaseProblem(Action.WAIT, "the database refuses a statement", "see the server's log")
_SCHEMA = DatabaseProblem(
    Action.MIGRATE,
    "the database lacks the tables of this version",
    "run `alembic upgrade head` of this version",
)
_UNSUITABLE = DatabaseProblem(
    Action.STOP,
    "the server lacks a feature that this program needs",
    "use a version of PostgreSQL and TimescaleDB that the README names",
)
_DATA = DatabaseProblem(
    Action.FAULT,
    "the database refuses a value and would refuse it each time",
    "report it with this line: such values should have been set aside before",
)
_CONTRADICTION = DatabaseProblem(
    Action.FAULT,
    "what is to be stored contradicts what is stored",
    "run `python -m processor audit`: tables were changed by hand or restored in parts",
)
_PROGRAM = DatabaseProblem(
    Action.FAULT, "a statement of this program does not fit its values", "report it with this line"
)
_URL = DatabaseProblem(
    Action.STOP, "database.url cannot be used", "correct the setting; README has an example"
)

_BY_CODE = {
    "08": _BROKE,
    "0A": _UNSUITABLE,
    "21": _DATA,
    "22": _DATA,
    "23": _CONTRADICTION,
    "25": _BROKE,
    "25006": _READ_ONLY,
    "26": _POOLER_SINCE,
    "28": _LOGIN,
    "34": _POOLER_SINCE,
    "3D": _NO_DATABASE,
    "3F": _SCHEMA,
    "40": _REPEATED,
    "42": _SCHEMA,
    "42501": _NO_RIGHT,
    "42701": _REPEATED,
    "42710": _REPEATED,
    "42P05": _POOLER_SINCE,
    "42P06": _REPEATED,
    "42P07": _REPEATED,
    "44": _CONTRADICTION,
    "53": _RESOURCES,
    "53100": _DISK_FULL,
    "53200": _NO_MEMORY,
    "53300": _CONNECTIONS,
    # The server is at the end of its transaction ids, which only VACUUM cures.
    "54000": _LIMIT,
    "54": _DATA,
    "55": _IN_USE,
    "57": _STARTS_OR_STOPS,
    "57014": _TOO_LONG,
    "57P04": _NO_DATABASE,
    "58": _SERVER_FAULT,
    "F0": _SERVER_FAULT,
    "XX": _SERVER_FAULT,
    "XX001": _DAMAGED,
    "XX002": _DAMAGED,
}
"""Problem by SQLSTATE or class; appendix A of PostgreSQL's documentation lists their names."""


def explain(error: BaseException) -> DatabaseProblem | None:
    """Return the problem that an error is; None if it is no problem of the database."""
    if isinstance(error, asyncpg.PostgresError):
        code = error.sqlstate or ""
        return _by_answer(error, code)._replace(code=code, detail=_in_one_line(error))
    found = _by_driver(error)
    return found and found._replace(code=type(error).__name__, detail=_in_one_line(error))


def _by_answer(error: asyncpg.PostgresError, code: str) -> DatabaseProblem:
    if code == "08P01" and "startup parameter" in str(error):
        return _POOLER
    if code[:2] == "28" and "client certificate" in str(error):
        return _NO_CERTIFICATE
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return _REPEATED  # a migration changed the tables meanwhile
    if code == "23505" and str(getattr(error, "constraint_name", None)).startswith("pg_"):
        return _REPEATED  # two instances made the same table
    return _BY_CODE.get(code) or _BY_CODE.get(code[:2]) or _UNKNOWN


_BY_KIND: tuple[tuple[type[BaseException], DatabaseProblem], ...] = (
    # The first match counts: a refused certificate is an OSError and a ValueError as well.
    (ssl.SSLError, _TLS),
    (asyncpg.ClientConfigurationError, _URL),
    (asyncpg.TargetServerAttributeNotMatched, _NO_PRIMARY),
    (asyncpg.InterfaceError, _BROKE),
    (asyncpg.InternalClientError, _BROKE),
    (OSError, _ANSWERS_NOT),
)
"""Problem by the error of the driver or the system; a TimeoutError is an OSError."""


def _by_driver(error: BaseException) -> DatabaseProblem | None:
    found = next((problem for kind, problem in _BY_KIND if isinstance(error, kind)), None)
    if found is _BROKE and isinstance(error, ValueError):
        return _DATA  # a value that the driver cannot encode
    if found is _BROKE and isinstance(error, asyncpg.InterfaceError) and _is_misuse(error):
        return _PROGRAM
    is_file = isinstance(error, FileNotFoundError | PermissionError) and error.filename is not None
    return _UNREADABLE_FILE if is_file else found


def _is_misuse(error: asyncpg.InterfaceError) -> bool:
    """Whether the driver refuses a wrong call; the class alone may also be a broken connection."""
    words = str(error)
    return "query" in words and "argument" in words


_BLAMED = {
    **dict.fromkeys(
        ("09", "20", "21", "22", "23", "27", "2F", "38", "39", "44", "54", "P0"), Blame.MESSAGE
    ),
    # TimescaleDB cannot store a row, such as one into a compressed chunk.
    "0A": Blame.MESSAGE,
    # A row too large for an index has the code of a server at the end of its transaction ids.
    "54000": Blame.PERHAPS,
    "XX000": Blame.PERHAPS,
    "53000": Blame.AMOUNT,
    # Memory, including the shared memory of locks.
    "53200": Blame.AMOUNT,
    "53400": Blame.AMOUNT,
    "57014": Blame.AMOUNT,
}
"""Blame by SQLSTATE or its class; the SQLSTATE takes precedence."""

_OF_THE_SERVER = {
    "08",
    "25",
    "26",
    "28",
    "34",
    "3D",
    "3F",
    "40",
    "42",
    "53",
    "55",
    "57",
    "58",
    "F0",
    "XX",
}
"""Classes that no message causes, except for the codes in `_BLAMED`: outages, missing rights,
another schema, conflicts with other sessions."""


def blame(error: Exception) -> Blame | None:
    """Return whether messages may have caused the failure of a transaction; None if they cannot.

    Args:
        error: An error that `explain` does not know was raised by code that processes the messages.
    """
    if isinstance(error, MemoryError):
        return None
    problem = explain(error)
    if problem is None:
        return Blame.MESSAGE
    if not isinstance(error, asyncpg.PostgresError):
        return Blame.MESSAGE if problem.what == _DATA.what else None
    if problem.what == _REPEATED.what:
        return None
    code = problem.code
    found = _BLAMED.get(code) or _BLAMED.get(code[:2])
    return found or (None if code[:2] in _OF_THE_SERVER else Blame.PERHAPS)


def _in_one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__


class ProblemLog:
    """Logs a problem once, again each minute, and again when another one follows."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._code: str | None = None
        self._again_at = 0.0

    def report(self, problem: DatabaseProblem) -> None:
        """Log a warning, unless the same problem was logged within the last minute."""
        if problem.code == self._code and self._clock() < self._again_at:
            return
        self._code, self._again_at = problem.code, self._clock() + REPEAT_SECONDS
        log.warning("database_does_not_answer", reason=str(problem), code=problem.code)

    def end(self) -> None:
        """Log that the problem is over, if there was one."""
        if self._code is not None:
            log.info("database_answers", after=self._code)
        self._code = None
