/** The shared worker: serves each tab that connects. */

import { SharedStreams } from "./shared-streams.ts";

const streams = new SharedStreams();
addEventListener("connect", (event) => {
  streams.connect((event as MessageEvent).ports[0] as MessagePort);
});
