/** Prints each event of a stream as a line of JSON, with the fleet after it: the npm package. */

import { FlightStream, RefusedError } from "opensky-flight-monitor-client";

const { server, silence_seconds: silenceS, ...options } = JSON.parse(process.argv[2]);
const stream = new FlightStream(server, {
  ...options,
  ...(silenceS === undefined ? {} : { silenceMs: silenceS * 1_000 }),
});
const print = (line) => console.log(JSON.stringify(line));
try {
  for await (const { states = [], ...event } of stream) {
    print({ ...event, n_states: states.length, fleet: Object.fromEntries(stream.fleet) });
  }
  print({ event: "end" });
} catch (error) {
  if (!(error instanceof RefusedError)) {
    throw error;
  }
  const { message, status, parameter } = error;
  print({ event: "refused", reason: message, status, parameter });
}
