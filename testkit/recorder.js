// Keeps what a page sees of a stream: `recordEvents` with EventSource, `recordChunks` with fetch.
"use strict";

(() => {
  const NAMES = ["snapshot", "update", "remove", "reset", "heartbeat", "bye", "overloaded"];

  class Recording {
    items = [];
    ends = [];
    #changed = Promise.withResolvers();

    add(list, item) {
      list.push(item);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    }

    // Never polls: looks again whenever something was added.
    async until(holds) {
      while (!holds(this)) await this.#changed.promise;
    }
  }

  class Events extends Recording {
    constructor(url) {
      super();
      this.source = new EventSource(url);
      // An event without a name, which is none of ours, may not go unseen either.
      for (const name of [...NAMES, "message"]) {
        this.source.addEventListener(name, (event) => this.#see(event));
      }
      // The browser's own event of a lost connection has the name of one that a server may send.
      this.source.addEventListener("error", (event) => {
        if (event instanceof MessageEvent) this.#see(event);
        else this.add(this.ends, { readyState: this.source.readyState });
      });
    }

    #see({ type, data, lastEventId }) {
      this.add(this.items, [type, data, lastEventId]);
    }
  }

  class Chunks extends Recording {
    constructor(url) {
      super();
      this.headers = {};
      this.#read(url).catch((error) => this.add(this.ends, String(error)));
    }

    async #read(url) {
      const response = await fetch(url);
      this.headers = Object.fromEntries(response.headers);
      const reader = response.body.getReader();
      const decoder = new TextDecoder("utf-8", { fatal: true });
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        this.add(this.items, [decoder.decode(value, { stream: true }), performance.now()]);
      }
      this.add(this.ends, "done");
    }
  }

  window.recordEvents = (url) => new Events(url);
  window.recordChunks = (url) => new Chunks(url);
})();
