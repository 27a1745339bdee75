/** What the page cannot know by itself, and the server tells it. */

export interface Tiles {
  /** With {z}, {x} and {y} in it. */
  url: string;
  /** Text. */
  attribution: string;
}

export interface Configuration {
  /** Whether data are given only to who proves who they are. */
  needs_key: boolean;
  /** What lies under the aircraft; null is the geography that comes with the page. */
  tiles: Tiles | null;
}

/** Gives it with the server's time in Unix seconds, by HTTP's `Date`; NaN where that is not sent. */
export async function fetchConfiguration(): Promise<Configuration & { time: number }> {
  const answer = await fetch("/page.json", { cache: "no-store" });
  return { ...((await answer.json()) as Configuration), time: timeOf(answer) };
}

/** Gives when the server has answered, in Unix seconds; NaN where it does not say. */
export function timeOf(answer: Response): number {
  return Date.parse(answer.headers.get("Date") ?? "") / 1000;
}
