/** The map's worker, which serves the packaged geography to MapLibre under `geography://…`. */

import "maplibre-gl/dist/maplibre-gl-worker.mjs";
import type { FeatureCollection } from "geojson";
import type { AddProtocolAction } from "maplibre-gl";
import geographyUrl from "../../geography/geography.json?url";
import groundUrl from "../../geography/ground.bin?url";
import { fetchPacked } from "../core/packed.ts";
import { fetchAllPlaces, fetchMajorPlaces } from "../core/place-files.ts";
import { refineGeography } from "./fine-ground.ts";
import {
  collection,
  type Geography,
  type PackagedGeography,
  sourceFeatures,
  unpackGeography,
} from "./geography.ts";
import { placeFeatures } from "./place-features.ts";

let geography: Promise<Geography> | undefined;

/** What the map's sources load, by the names in their addresses. */
const LOADERS: Readonly<Record<string, () => Promise<FeatureCollection>>> = {
  ground: async () => sourceFeatures(await loadGeography(), "ground"),
  countries: async () => sourceFeatures(await loadGeography(), "countries"),
  cities: async () => sourceFeatures(await loadGeography(), "cities"),
  "fine-ground": loadFineGround,
  "no-places": async () => collection([]),
  "major-places": async () => placeFeatures(await fetchMajorPlaces()),
  "all-places": async () => placeFeatures(await fetchAllPlaces()),
};

function loadGeography(): Promise<Geography> {
  geography ??= fetchGeography();
  return geography;
}

async function fetchGeography(): Promise<Geography> {
  const response = await fetch(geographyUrl);
  if (!response.ok) {
    throw new Error(
      `the map's geography cannot be loaded (HTTP status ${response.status}); reload the page`,
    );
  }
  return unpackGeography((await response.json()) as PackagedGeography);
}

async function loadFineGround(): Promise<FeatureCollection> {
  const [coarse, packed] = await Promise.all([loadGeography(), fetchPacked(groundUrl)]);
  return sourceFeatures(refineGeography(coarse, new Uint8Array(packed)), "ground");
}

const serve: AddProtocolAction = async ({ url }) => {
  const load = LOADERS[url.replace("geography://", "")];
  if (load === undefined) {
    throw new Error(`unknown geography source ${url}; known: ${Object.keys(LOADERS).join()}`);
  }
  return { data: hideFeatures(await load()) };
};

/** Makes `features` not enumerable, so that MapLibre does not send them back to the page. */
function hideFeatures({ type, features }: FeatureCollection): FeatureCollection {
  return Object.defineProperty({ type } as FeatureCollection, "features", { value: features });
}

(self as unknown as { addProtocol(name: string, serve: AddProtocolAction): void }).addProtocol(
  "geography",
  serve,
);
