// The keyboard: what each key does, here and in the view that is shown.

import { tell } from "./dialog.js";
import { h } from "./dom.js";

const ALWAYS = [
  ["?", "this list"],
  ["/", "filter, or search"],
  ["j / k", "next, previous line of a list"],
  ["Enter", "open it"],
  ["g", "the list of configs"],
  ["a", "activity: undo and redo"],
  ["Esc", "close, or leave a field"],
];

/** Listens. `current` gives the view that is shown: its `keys` are `{key: [what, action]}`. */
export function listen(current) {
  document.getElementById("help").addEventListener("click", () => help(current()));
  addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, textarea, select");
    if (event.key === "Escape" && isTyping) return event.target.blur();
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const action = current()?.keys?.[event.key]?.[1] ?? global(event.key, current);
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function global(key, current) {
  const go = (hash) => () => { location.hash = hash; };
  return { "?": () => help(current()), "/": filter, j: () => move(1), k: () => move(-1), g: go("#/"), a: go("#/activity") }[key];
}

function filter() {
  const input = document.querySelector("main input[type=search]");
  if (input) input.focus();
  else location.hash = "#/find";
}

/** Moves the focus along the lines of a list. */
function move(by) {
  const rows = [...document.querySelectorAll("main [data-row]")];
  const at = rows.findIndex((row) => row === document.activeElement || row.closest("li, tr")?.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function help(view) {
  const rows = (pairs) => pairs.map(([key, what]) => [h("dt", {}, key.split(" / ").map((one, at) => [at ? " / " : "", h("kbd", {}, one)])), h("dd", {}, what)]);
  const here = Object.entries(view?.keys ?? {}).map(([key, [what]]) => [key, what]);
  tell("Keyboard", [h("h3", {}, "Everywhere"), h("dl", { class: "keys" }, rows(ALWAYS)), here.length > 0 && [h("h3", {}, "Here"), h("dl", { class: "keys" }, rows(here))]]);
}
