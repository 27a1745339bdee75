/** Shares the sign-in with the other tabs of this browser, as long as one of them is open. */

import { accessKey, forgetAccessKey } from "./access.ts";

/** Only pages of the same origin can read the channel, and those could read each other's storage too. */
const CHANNEL = "flight-monitor-access";

type Message = { kind: "request" } | { kind: "signed-out" } | { kind: "key"; key: string };

export interface SharedAccessListener {
  /** Called with a key that works in another tab, if this tab was waiting for one. */
  onKey(key: string): void;
  /** Called when the user has signed out in another tab, after the key was forgotten. */
  onSignedOut(): void;
}

export class SharedAccess {
  private readonly channel = new BroadcastChannel(CHANNEL);
  private readonly listener: SharedAccessListener;
  /** Whether the server has accepted this tab's key; other tabs get no other one. */
  private isAccepted = false;
  private isWaiting = false;

  constructor(listener: SharedAccessListener) {
    this.listener = listener;
    this.channel.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      this.onMessage(data);
    });
  }

  /**
   * Waits for a key that works in another tab. Tabs that have one are asked only while this tab has none: a
   * key that the server has rejected must not be exchanged for another one time and again.
   */
  wait(): void {
    this.isWaiting = true;
    this.isAccepted = false;
    if (accessKey() === null) {
      this.post({ kind: "request" });
    }
  }

  /** Notes that the server accepts this tab's key, and offers it to tabs that wait for one. */
  accept(): void {
    if (!this.isAccepted) {
      this.isAccepted = true;
      this.isWaiting = false;
      this.offer();
    }
  }

  /** Forgets the key, in all tabs. */
  signOut(): void {
    this.isAccepted = false;
    forgetAccessKey();
    this.post({ kind: "signed-out" });
  }

  private onMessage(message: Message): void {
    if (message.kind === "request") {
      this.offer();
    } else if (message.kind === "signed-out") {
      this.onSignedOut();
    } else if (this.isWaiting && message.key !== accessKey()) {
      this.isWaiting = false;
      this.listener.onKey(message.key);
    }
  }

  private onSignedOut(): void {
    const hadKey = accessKey() !== null;
    this.isAccepted = false;
    forgetAccessKey();
    if (hadKey) {
      this.listener.onSignedOut();
    }
  }

  private offer(): void {
    const key = accessKey();
    if (this.isAccepted && key !== null) {
      this.post({ kind: "key", key });
    }
  }

  private post(message: Message): void {
    this.channel.postMessage(message);
  }
}
