// What was done, newest first: what can be undone, and done again.

import { change, get, of } from "./api.js";
import { compared } from "./config.js";
import { ask, news } from "./dialog.js";
import { difference } from "./diff.js";
import { button, h, hidden, link } from "./dom.js";
import { time, to } from "./words.js";

/** The view of all operations. */
export async function activity() {
  const { operations } = await get("operations", { limit: 100 });
  const canUndo = operations.some((operation) => operation.state === "done");
  const canRedo = operations.some((operation) => operation.state === "undone");
  const [undo, redo] = ["undo", "redo"].map((verb) => () => turn(verb));
  return {
    title: "Activity",
    node: h("div", {}, h("div", { class: "bar" }, h("h1", { tabindex: "-1" }, "Activity"), h("span", { class: "grow" }), button("Undo the last", undo, { class: "primary", disabled: !canUndo }), button("Redo", redo, { disabled: !canRedo })),
      operations.length ? h("ol", { class: "operations" }, operations.map(row)) : h("p", { class: "empty" }, "Nothing was done yet.")),
    keys: { u: ["undo the last", undo], R: ["redo", redo] },
  };
}

const STATES = { done: ["✓", "done"], undone: ["○", "undone"], about: ["↺", "about another"] };

function row(operation) {
  const [sign, word] = STATES[operation.state] ?? ["", operation.state];
  return h("li", { class: operation.state }, h("span", { class: "sign", title: word, "aria-hidden": "true" }, sign),
    h("div", {}, h("div", { class: "line" }, operation.versions.map(({ config, version }) => link(to.version(config, version), `${config}@${version}`, { class: "mono", "data-row": true })),
      operation.refs.map((ref) => h("span", {}, link(to.config(ref.config), ref.config, { class: "mono", "data-row": true }), ` ${ref.description ?? ref.action}`))),
    h("div", { class: "line dim" }, operation.state === "done" ? hidden("done") : h("span", {}, word), h("span", {}, operation.author), time(operation.timestamp), h("code", { class: "cut" }, operation.command))));
}

/** Takes back, or does again, what comes next; one sees first what that is. */
async function turn(verb) {
  let next;
  try {
    next = (await change("POST", verb, { body: { dry_run: true } })).operation;
  } catch (error) {
    news(error.message);
    return;
  }
  const body = [h("p", {}, h("code", {}, next.command), " by ", h("b", {}, next.author), ", ", time(next.timestamp)), await preview(verb, next)];
  const done = await ask({
    title: verb === "undo" ? "Undo the last operation?" : "Do it again?", yes: verb === "undo" ? "Undo" : "Redo", isWide: true, body,
    act: () => change("POST", verb, { body: { operation: next.id } }),
  });
  if (!done) return;
  news(verb === "undo" ? "Undone. It can be redone." : "Done again.");
  dispatchEvent(new Event("vconf:refresh"));
}

const MOST_SHOWN = 5;

async function preview(verb, operation) {
  const shown = await Promise.all(operation.versions.slice(0, MOST_SHOWN).map(async ({ config, version }) => {
    const { parents } = await get(of(config, "versions", version));
    const title = h("h3", { class: "mono" }, `${config}@${version}`);
    if (!parents.length) return [title, h("p", {}, verb === "undo" ? "It was the first version: the config will have none." : "The first version comes back.")];
    const [from, young] = verb === "undo" ? [version, parents[0]] : [parents[0], version];
    return [title, difference(await compared(config, from, young), { level: "h4" })];
  }));
  const left = operation.versions.length - MOST_SHOWN;
  const refs = operation.refs.map((ref) => h("li", {}, h("span", { class: "mono" }, ref.config), ` ${ref.description ?? ref.action}`));
  return [shown, left > 0 && h("p", {}, `… and ${left} more versions`), refs.length > 0 && [h("p", {}, verb === "undo" ? "Taken back:" : "Done again:"), h("ul", {}, refs)]];
}
