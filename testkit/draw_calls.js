/** Counts the draw calls of each frame of a page, instead of drawing. Loaded before the page's own scripts. */

(() => {
  /** The number of draw calls in each frame that had any. */
  globalThis.drawCalls = [];
  let calls = 0;

  const drawing = WebGL2RenderingContext.prototype;
  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"])
    drawing[name] = () => {
      calls += 1;
    };

  // Requested before all other callbacks of the next frame, so that it runs first.
  (function begin() {
    requestAnimationFrame(begin);
    if (calls > 0) globalThis.drawCalls.push(calls);
    calls = 0;
  })();
})();
