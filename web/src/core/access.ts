/** Requests with the user's API key or token, which the page keeps for this browser tab. */

const STORAGE_KEY = "flight-monitor-key";

/** The server rejects the key or token: repeating the request would not help. */
export class AccessDenied extends Error {
  override readonly name = "AccessDenied";
}

/** Returns the API key or token; null if the user has not entered one. */
export function accessKey(): string | null {
  return sessionStorage.getItem(STORAGE_KEY);
}

export function keepAccessKey(key: string): void {
  sessionStorage.setItem(STORAGE_KEY, key);
}

const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** Requests a URL as `fetch` does, with the key or token. */
export async function request(url: string, init: RequestInit = {}): Promise<Response> {
  const key = accessKey();
  const headers = key === null ? {} : { Authorization: `Bearer ${key}` };
  return await fetch(url, { ...init, headers });
}

/**
 * Exchanges the key or token for a ticket, which opens one stream: an EventSource cannot send headers.
 *
 * Rejects with `AccessDenied` and the server's reason; with another error if a later attempt may
 * succeed.
 */
export async function fetchTicket(): Promise<string> {
  const response = await request("sse/ticket", { method: "POST" });
  const body = (await response.json()) as { ticket?: string; reason?: string };
  if (body.ticket === undefined) {
    const reason = body.reason ?? `the server reports an error (${response.status})`;
    if (response.status === TOO_MANY_REQUESTS || response.status >= SERVER_ERROR) {
      throw new Error(reason);
    }
    throw new AccessDenied(reason);
  }
  return body.ticket;
}
