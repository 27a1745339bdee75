/** The public names of the package. */

export { DeltaDecoder } from "./delta-decoder.ts";
export {
  type Aircraft,
  type Disconnected,
  type Field,
  type FlightEvent,
  type Heartbeat,
  RefusedError,
  type Remove,
  type Reset,
  type Snapshot,
  type Update,
} from "./events.ts";
export { FlightStream, type StreamOptions } from "./flight-stream.ts";
export type { Format, Query } from "./query.ts";
