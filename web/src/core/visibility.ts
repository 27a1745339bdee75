/** Reports when the page has been hidden for a while, and when it is visible again. */

/** A page that is hidden for longer closes its stream, and receives what it missed on its return. */
const HIDDEN_MS = 30_000;

export interface VisibilityListener {
  onHidden(): void;
  onVisible(): void;
  /** Returns whether the page has something to do while it is hidden, for which it needs the stream. */
  isNeeded(): boolean;
}

export function watchVisibility(listener: VisibilityListener): void {
  let hiding: ReturnType<typeof setTimeout> | undefined;
  const check = () => {
    clearTimeout(hiding);
    if (document.hidden) {
      hiding = setTimeout(() => {
        if (!listener.isNeeded()) {
          listener.onHidden();
        }
      }, HIDDEN_MS);
    } else {
      listener.onVisible();
    }
  };
  document.addEventListener("visibilitychange", check);
  // A page in the back/forward cache must not hold a stream open; it may be shown again unchanged.
  addEventListener("pagehide", () => listener.onHidden());
  addEventListener("pageshow", check);
}
