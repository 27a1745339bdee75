/** Single keys that do what the tools do, unless somebody is writing. */

export interface Shortcut {
  keys?: string;
  run(): void;
}

const WRITING = "input, textarea, select, [contenteditable], dialog";

/** Ctrl or Cmd with K does what `/` does, as people know it from elsewhere. */
export function listenToKeys(shortcuts: readonly Shortcut[]): void {
  addEventListener("keydown", (event) => {
    const isPalette = event.key === "k" && (event.ctrlKey || event.metaKey);
    const key = isPalette ? "/" : event.key;
    const shortcut = shortcuts.find(({ keys }) => keys === key);
    if (shortcut !== undefined && !event.defaultPrevented && (isPalette || isMeant(event))) {
      event.preventDefault();
      shortcut.run();
    }
  });
}

function isMeant(event: KeyboardEvent): boolean {
  const { target } = event;
  // A field that was hidden a moment ago keeps the focus until the next frame.
  const isWriting =
    target instanceof Element && target.closest(WRITING) !== null && target.checkVisibility();
  return !event.ctrlKey && !event.metaKey && !event.altKey && !isWriting;
}
