/** Looks on from inside the page, before any script of its own runs. */

(() => {
  const now = performance.now.bind(performance);
  const request = requestAnimationFrame.bind(globalThis);
  const probe = {
    /** Milliseconds of script for each event that the stream brought. */
    events: { snapshot: [], update: [], remove: [] },
    /** Of JSON.parse alone for the same updates. */
    parses: [],
    /** Of script in each frame in which something was drawn. */
    frames: [],
    /** Of script in each of the others. */
    idleFrames: [],
    heard: 0,
    waiting: [],
    /**
     * Resolves with true once so many updates have been taken and their parsing has been measured,
     * with false if that has not come within some milliseconds.
     */
    until(updates, patience) {
      return new Promise((resolve) => {
        this.waiting.push([updates, () => resolve(true)]);
        setTimeout(() => resolve(false), patience);
        this.settle();
      });
    },
    settle() {
      const done = Math.min(this.events.update.length, this.parses.length);
      this.waiting = this.waiting.filter(([updates, resolve]) => {
        if (done >= updates) resolve();
        return done < updates;
      });
    },
    /** Resolves once the page has marked this, with the milliseconds since the navigation began. */
    marked(name) {
      return new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error(`the page has not marked ${name}`)), 120_000);
        new PerformanceObserver((list) => {
          const [mark] = list.getEntriesByName(name);
          if (mark !== undefined) resolve(mark.startTime);
        }).observe({ type: "mark", buffered: true });
      });
    },
    forget() {
      for (const list of [...Object.values(this.events), this.parses, this.frames, this.idleFrames])
        list.length = 0;
    },
  };
  globalThis.pageProbe = probe;

  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries())
      probe.events[name.replace("event:", "")]?.push(duration);
    probe.settle();
  }).observe({ type: "measure" });

  // A stream in a shared worker could not be looked at.
  delete globalThis.SharedWorker;
  globalThis.EventSource = class extends EventSource {
    constructor(...how) {
      super(...how);
      // In a task of its own, so that it is no part of what the page does.
      this.addEventListener("update", ({ data }) => setTimeout(() => parse(data)));
    }
  };

  function parse(text) {
    const begun = now();
    JSON.parse(text);
    probe.parses.push(now() - begun);
    probe.settle();
  }

  // All callbacks of a frame are given the same time.
  let frame = { time: -1, spent: 0, hasDrawn: false };
  globalThis.requestAnimationFrame = (callback) =>
    request((time) => {
      if (time !== frame.time) {
        if (frame.time >= 0) (frame.hasDrawn ? probe.frames : probe.idleFrames).push(frame.spent);
        frame = { time, spent: 0, hasDrawn: false };
      }
      const begun = now();
      try {
        callback(time);
      } finally {
        frame.spent += now() - begun;
      }
    });

  const drawing = WebGL2RenderingContext.prototype;
  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = drawing[name];
    drawing[name] = function (...how) {
      frame.hasDrawn = true;
      return draw.apply(this, how);
    };
  }
})();
