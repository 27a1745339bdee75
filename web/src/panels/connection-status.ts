/** The state of the stream in the page's header, and the sign-in where the server requires one. */

import { effect } from "@preact/signals-core";
import { element, putInto } from "../core/elements.ts";
import type { Store } from "../store/store.ts";
import type { FeedState } from "../stream/feed.ts";
import { SignIn } from "./sign-in.ts";

const TEXTS: Record<FeedState, string> = {
  connecting: "connecting",
  live: "live",
  stale: "stale",
  offline: "offline",
  refused: "refused",
  paused: "paused",
  replay: "replay",
  still: "paused in the past",
};

export function renderConnectionStatus(store: Store): void {
  const signIn = new SignIn(() => store.seek(store.playback.peek()));
  effect(() => {
    const { state, reason } = store.status.value;
    // The style sheet reads both.
    element("connection").dataset.state = state;
    document.body.dataset.connection = state;
    putInto("connection", reason === "" ? TEXTS[state] : `${TEXTS[state]}: ${reason}`);
    if (state === "refused" && store.configuration.value?.needs_key === true) {
      signIn.show(reason);
    } else if (state === "live" || state === "replay" || state === "still") {
      signIn.accept();
    }
  });
}
