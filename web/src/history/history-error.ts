/** The error of a failed request to the history API, with a message for the user. */

const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;
const UNAVAILABLE = 503;

export class HistoryError extends Error {
  override readonly name = "HistoryError";
  /** The HTTP status; 0 if the server did not answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** Whether the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === TOO_MANY_REQUESTS || this.status >= SERVER_ERROR;
  }
}

/** The body of an error response: FastAPI's `detail`, or the `reason` of the access check. */
interface ErrorBody {
  detail?: string | { msg: string }[];
  reason?: string;
}

/** Makes the error of a failed response, with the server's message if it has one. */
export function historyErrorOf(
  status: number,
  body: unknown,
  retryAfter: string | null,
): HistoryError {
  if (status === UNAVAILABLE) {
    const wait = retryAfter === null ? "in a while" : `in ${retryAfter} s`;
    return new HistoryError(status, `the history cannot be reached; try again ${wait}`);
  }
  const message = messageOf(body);
  if (status === NOT_FOUND && message === "Not Found") {
    return new HistoryError(status, "this server stores no history");
  }
  return new HistoryError(status, message ?? `the server reports an error (${status})`);
}

/** Returns the message of an error body; null if it has none. */
function messageOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null) {
    return null;
  }
  const { detail, reason } = body as ErrorBody;
  if (Array.isArray(detail)) {
    // Pydantic puts these words before the server's own message.
    return detail.map(({ msg }) => msg.replace(/^Value error, /, "")).join("; ");
  }
  return detail ?? reason ?? null;
}
