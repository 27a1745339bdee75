/** Keyboard shortcuts of single keys, which are off while the user types; Escape leaves an empty field. */

export interface Shortcut {
  keys?: string;
  run(): void;
}

const TYPING = "input, textarea, select, [contenteditable], dialog";

/** Runs the shortcut of a pressed key; Ctrl K and Cmd K count as `/`, as on many other sites. */
export function listenToKeys(shortcuts: readonly Shortcut[]): void {
  addEventListener("keydown", (event) => {
    const isPalette = event.key === "k" && (event.ctrlKey || event.metaKey);
    const key = isPalette ? "/" : event.key;
    const shortcut = shortcuts.find(({ keys }) => keys === key);
    if (shortcut !== undefined && !event.defaultPrevented && (isPalette || isShortcut(event))) {
      event.preventDefault();
      shortcut.run();
    }
  });
}

function isShortcut(event: KeyboardEvent): boolean {
  const { target } = event;
  if (event.key === "Escape" && target instanceof HTMLInputElement && target.value === "") {
    return target.closest("dialog") === null; // there is nothing to clear
  }
  // A field that has just been hidden keeps the focus until the next frame.
  const isTyping =
    target instanceof Element && target.closest(TYPING) !== null && target.checkVisibility();
  return !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping;
}
