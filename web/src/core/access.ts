/** Requests with the user's API key or token, which the page keeps for this session of the browser tab. */

const STORAGE_KEY = "flight-monitor-key";

/** The server rejects the key or token: repeating the request would not help. */
export class AccessDenied extends Error {
  override readonly name = "AccessDenied";
}

/** The key in a browser that allows no storage: it lasts as long as the document. */
let unstoredKey: string | null = null;

/** Returns the API key or token; null if the user has not entered one. */
export function accessKey(): string | null {
  try {
    return sessionStorage.getItem(STORAGE_KEY) ?? unstoredKey;
  } catch {
    return unstoredKey;
  }
}

/** Keeps the key for this tab; returns whether it survives a reload, for which the browser must allow storage. */
export function keepAccessKey(key: string): boolean {
  try {
    sessionStorage.setItem(STORAGE_KEY, key);
    return true;
  } catch {
    unstoredKey = key;
    return false;
  }
}

export function forgetAccessKey(): void {
  unstoredKey = null;
  try {
    sessionStorage.removeItem(STORAGE_KEY);
  } catch {
    // A browser that allows no storage has kept nothing.
  }
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
