/** Tells when nobody has looked at the page for a while, and when somebody does again. */

/** Who looks elsewhere for longer is not sent the stream, and gets what it missed on return. */
const HIDDEN_MS = 30_000;

export function watchAttention(listener: { leave(): void; come(): void }): void {
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(leaving);
    if (document.hidden) {
      leaving = setTimeout(() => listener.leave(), HIDDEN_MS);
    } else {
      listener.come();
    }
  };
  document.addEventListener("visibilitychange", look);
  // A page that is put away whole must not keep a stream; it may come back as it was.
  addEventListener("pagehide", () => listener.leave());
  addEventListener("pageshow", look);
}
