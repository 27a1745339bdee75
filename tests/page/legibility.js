// What of a page can be pressed, read and reached: measured in the page itself.
(() => {
  const boxOf = (control) => {
    const own = control.getBoundingClientRect();
    // All of a label presses its field.
    const label = control.closest("label")?.getBoundingClientRect() ?? own;
    return {
      left: Math.min(own.left, label.left),
      right: Math.max(own.right, label.right),
      top: Math.min(own.top, label.top),
      bottom: Math.max(own.bottom, label.bottom),
    };
  };

  /** Whether nothing around it that scrolls hides a point. */
  const isScrolledTo = (control, x, y) => {
    for (let host = control.parentElement; host !== null; host = host.parentElement) {
      const { left, right, top, bottom } = host.getBoundingClientRect();
      const isOutside = x < left || x > right || y < top || y > bottom;
      if (getComputedStyle(host).overflow !== "visible" && isOutside) {
        return false;
      }
    }
    return x >= 0 && y >= 0 && x < innerWidth && y < innerHeight;
  };

  /** What lies over the middle of a control; nothing if it can be pressed there. */
  const coverOf = (control) => {
    const { left, right, top, bottom } = control.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const uppermost = isScrolledTo(control, x, y) ? document.elementFromPoint(x, y) : null;
    const own = control.closest("label") ?? control;
    const isFree = uppermost === null || own.contains(uppermost) || uppermost.contains(control);
    return isFree ? "" : uppermost.id || uppermost.className || uppermost.tagName;
  };

  const PRESSED = "button, select, input, textarea, summary, [role=option], [role=slider]";

  /** Everything that can be pressed but links, which stand in text. */
  const controls = () => {
    const scope = document.querySelector("dialog[open]") ?? document.body;
    return [...scope.querySelectorAll(PRESSED)]
      .filter((control) => control.checkVisibility({ visibilityProperty: true }))
      .map((control) => {
        const { left, right, top, bottom } = boxOf(control);
        const name = control.ariaLabel || control.textContent.trim() || control.id;
        const cover = coverOf(control);
        return { name: name || control.outerHTML, width: right - left, height: bottom - top, cover };
      });
  };

  const texts = () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const { parentElement: parent, data } = walker.currentNode;
      if (data.trim() !== "" && parent.checkVisibility() && parent.getClientRects().length > 0) {
        found.push({ text: data.trim(), size: Number.parseFloat(getComputedStyle(parent).fontSize) });
      }
    }
    return found;
  };

  /** What makes the page scroll, or goes beyond its edges; the map and the labels of its aircraft do. */
  const sticksOut = () => {
    const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
    const isScrolling = scrollWidth > clientWidth || scrollHeight > clientHeight;
    const wide = [...document.querySelectorAll("body > *, body > * > *")]
      .filter((element) => element.checkVisibility() && element.closest("#map, #selected-label") === null)
      .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 1 && (right > innerWidth + 1 || left < -1);
      })
      .map((element) => element.id || element.className || element.tagName);
    return isScrolling ? ["the page", ...wide] : wide;
  };

  window.legibility = { controls, texts, sticksOut };
})();
