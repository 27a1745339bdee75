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

export async function fetchConfiguration(): Promise<Configuration> {
  const answer = await fetch("/page.json");
  return (await answer.json()) as Configuration;
}
