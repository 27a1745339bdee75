/** The map's worker, with the packaged geography as an address of its own: `geography://areas`. */

import "maplibre-gl/dist/maplibre-gl-worker.mjs";
import type { FeatureCollection } from "geojson";
import type { AddProtocolAction } from "maplibre-gl";
import geographyUrl from "../../geography/geography.json?url";
import { type Geography, type Packaged, SOURCE_NAMES, sourceOf, unpack } from "./geography.ts";

let geography: Promise<Geography> | undefined;

async function fetchGeography(): Promise<Geography> {
  const answer = await fetch(geographyUrl);
  if (!answer.ok) {
    throw new Error(`the server answers ${answer.status} for the map's geography`);
  }
  return unpack((await answer.json()) as Packaged);
}

const load: AddProtocolAction = async ({ url }) => {
  const wanted = SOURCE_NAMES.find((name) => url === `geography://${name}`);
  if (wanted === undefined) {
    throw new Error(`there is no geography at ${url}`);
  }
  geography ??= fetchGeography();
  return { data: hidden(sourceOf(await geography, wanted)) };
};

/** MapLibre sends back what a source holds; what is not enumerable is not sent. */
function hidden({ type, features }: FeatureCollection): FeatureCollection {
  return Object.defineProperty({ type } as FeatureCollection, "features", { value: features });
}

(self as unknown as { addProtocol(name: string, load: AddProtocolAction): void }).addProtocol(
  "geography",
  load,
);
