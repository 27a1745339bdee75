/** Prints the aircraft that enter and leave Switzerland: `node examples/read.mjs`, in Node 22 or newer. */

import { FlightStream } from "../clients/typescript/dist/index.js";

const stream = new FlightStream(process.env.MONITOR ?? "http://localhost:8081", {
  query: { bbox: "5.9,45.8,10.5,47.9" },
  fields: ["callsign", "baro_altitude"],
  ...(process.env.KEY && { key: process.env.KEY }),
});

let before = new Map();
for await (const event of stream) {
  if (event.event === "disconnected") {
    console.error(`${event.reason}; back in ${Math.round(event.retryInMs / 1000)} s`);
    continue;
  }
  for (const [icao24, { callsign }] of stream.fleet) {
    if (!before.has(icao24)) {
      console.log(`enters ${callsign ?? icao24}`);
    }
  }
  for (const [icao24, { callsign }] of before) {
    if (!stream.fleet.has(icao24)) {
      console.log(`leaves ${callsign ?? icao24}`);
    }
  }
  before = new Map(stream.fleet);
  if (event.event === "snapshot") {
    console.log(`${stream.fleet.size} aircraft`);
  }
}
