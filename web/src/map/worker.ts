/** The map's worker, which serves the packaged geography to MapLibre under `geography://ground`. */

import "maplibre-gl/dist/maplibre-gl-worker.mjs";
import type { FeatureCollection } from "geojson";
import type { AddProtocolAction } from "maplibre-gl";
import geographyUrl from "../../geography/geography.json?url";
import {
  type Geography,
  type PackagedGeography,
  SOURCE_NAMES,
  sourceFeatures,
  unpackGeography,
} from "./geography.ts";

let geography: Promise<Geography> | undefined;

async function fetchGeography(): Promise<Geography> {
  const response = await fetch(geographyUrl);
  if (!response.ok) {
    throw new Error(
      `the map's geography cannot be loaded (HTTP status ${response.status}); reload the page`,
    );
  }
  return unpackGeography((await response.json()) as PackagedGeography);
}

const load: AddProtocolAction = async ({ url }) => {
  const source = SOURCE_NAMES.find((name) => url === `geography://${name}`);
  if (source === undefined) {
    throw new Error(`unknown geography source ${url}; known: ${SOURCE_NAMES.join()}`);
  }
  geography ??= fetchGeography();
  return { data: hideFeatures(sourceFeatures(await geography, source)) };
};

/** Makes `features` not enumerable, so that MapLibre does not send them back to the page. */
function hideFeatures({ type, features }: FeatureCollection): FeatureCollection {
  return Object.defineProperty({ type } as FeatureCollection, "features", { value: features });
}

(self as unknown as { addProtocol(name: string, load: AddProtocolAction): void }).addProtocol(
  "geography",
  load,
);
