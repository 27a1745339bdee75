/** What is said to the person when the history does not answer what was asked. */

const OVERLOADED = 429;
const UNREACHABLE = 503;
const UNKNOWN = 404;

export class HistoryError extends Error {
  override readonly name = "HistoryError";
  /** Of HTTP; 0 when the server did not answer at all. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }

  /** Whether the same question may be answered a little later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === OVERLOADED || this.status >= 500;
  }
}

interface Refusal {
  detail?: string | { msg: string }[];
  reason?: string;
}

/** Makes an error of an answer that is none: in the server's words where it has any. */
export function refusalOf(status: number, body: unknown, retryAfter: string | null): HistoryError {
  if (status === UNREACHABLE) {
    const wait = retryAfter === null ? "in a while" : `in ${retryAfter} s`;
    return new HistoryError(status, `the history cannot be reached; try again ${wait}`);
  }
  const words = wordsOf(body);
  if (status === UNKNOWN && words === "Not Found") {
    return new HistoryError(status, "this server keeps no history");
  }
  return new HistoryError(status, words ?? `the server answered with status ${status}`);
}

/** Gives what a refusal says; null if it does not say anything. */
function wordsOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null) {
    return null;
  }
  const { detail, reason } = body as Refusal;
  if (Array.isArray(detail)) {
    // The validation writes its own two words before ours.
    return detail.map(({ msg }) => msg.replace(/^Value error, /, "")).join("; ");
  }
  return detail ?? reason ?? null;
}
