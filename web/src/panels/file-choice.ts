/** The user's own file in the panel Layers: opened by a button or dropped on the page, removed again. */

import { effect } from "@preact/signals-core";
import { make, put } from "../core/elements.ts";
import type { UserOverlay } from "../map/user-overlay.ts";
import type { Store } from "../store/store.ts";

export function renderFile(store: Store, overlay: UserOverlay): HTMLElement[] {
  const input = make("input", {
    id: "file",
    type: "file",
    accept: ".geojson,.json,application/geo+json",
    "aria-label": "GeoJSON file",
  });
  const note = make("p", { class: "note" }, "GeoJSON, up to 5 MB. It stays in this browser.");
  const shown = make("p", { class: "note", role: "status" });
  const error = make("p", { class: "error", role: "alert" });
  const remove = make("button", { type: "button" }, "Remove the file");
  input.addEventListener("change", () => {
    open(overlay, input.files);
    input.value = ""; // so that the same file can be opened again
  });
  remove.addEventListener("click", () => {
    overlay.remove();
    input.focus();
  });
  effect(() => {
    const file = overlay.file.value;
    put(shown, file === null ? "" : `${file.name}: ${file.features.toLocaleString("en")} features`);
    put(error, overlay.error.value);
    error.hidden = overlay.error.value === "";
    remove.hidden = file === null;
  });
  takeDrops(store, overlay);
  return [input, note, shown, error, make("div", { class: "buttons" }, remove)];
}

/** Opens a file that is dropped anywhere on the page, which the browser would show in place of it. */
function takeDrops(store: Store, overlay: UserOverlay): void {
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
    }
  });
  addEventListener("drop", (event) => {
    const files = event.dataTransfer?.files;
    if (files !== undefined && files.length > 0) {
      event.preventDefault();
      store.side.value = "layers";
      open(overlay, files);
    }
  });
}

function open(overlay: UserOverlay, files: FileList | null): void {
  const file = files?.[0];
  if (file !== undefined) {
    void overlay.open(file);
  }
}
