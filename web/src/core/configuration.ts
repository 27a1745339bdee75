/** The server's configuration for the page, from `/page.json`. */

export interface Tiles {
  /** A template with {z}, {x} and {y}. */
  url: string;
  /** Plain text. */
  attribution: string;
}

/** Tiles that users choose by name. */
export interface TileLayer extends Tiles {
  name: string;
}

export interface Configuration {
  /** Whether the server requires an API key or a token for data. */
  needs_key: boolean;
  /** The tiles below the aircraft; null is the geography that the page brings along. */
  tiles: Tiles | null;
  /** All base maps of the server; `tiles` is the first one. Undefined from an older server. */
  tile_layers?: readonly TileLayer[];
  /** Seconds between two heartbeats of a quiet stream; undefined from an older server. */
  heartbeat_seconds?: number;
}

/** Returns the configuration and the server's time (see `serverTime`). */
export async function fetchConfiguration(): Promise<Configuration & { time: number }> {
  const response = await fetch("page.json", { cache: "no-store" });
  const configuration = (await response.json()) as Configuration;
  return { ...configuration, time: serverTime(response) };
}

/** Returns the Unix seconds of a response's `Date` header; NaN if there is none. */
export function serverTime(response: Response): number {
  return Date.parse(response.headers.get("Date") ?? "") / 1000;
}
