// Any two versions of a config, compared.

import { get, of } from "./api.js";
import { compared, head, keys } from "./config.js";
import { difference } from "./diff.js";
import { button, h } from "./dom.js";
import { to } from "./words.js";

/** The view of a comparison. */
export async function compare(config, [from, young]) {
  const [state, log] = await Promise.all([get(of(config)), get(of(config, "log"), { limit: 200 })]);
  let [a, b] = [from, young];
  const isFirst = state.versions < 2 && a === "-1";
  if (isFirst) a = "latest";
  const told = await compared(config, a, b);
  const numbers = told.versions.map((version) => version.version);
  const go = () => { location.hash = to.compare(config, old.value, fresh.value); };
  const [old, fresh] = numbers.map((number, at) => picker(log.entries, state, number, at ? "New" : "Old", go));
  const swap = () => { location.hash = to.compare(config, fresh.value, old.value); };
  const step = (by) => () => {
    const [left, right] = numbers.map((number) => number + by);
    if (left >= 1 && right <= state.versions) location.hash = to.compare(config, left, right);
  };
  const isSame = told.diff.equal && told.old === told.young;
  return {
    title: `${config} @${numbers[0]} → @${numbers[1]}`,
    node: h("div", {}, head(config, "compare"),
      h("div", { class: "bar compare" }, h("label", {}, "Old ", old), button("⇄", swap, { "aria-label": "Swap the two", title: "Swap the two" }), h("label", {}, "New ", fresh)),
      isSame ? h("p", { class: "equal" }, "= Both hold the same bytes.") : difference(told, { config })),
    keys: keys(config, {
      s: ["swap the two", swap],
      "[": ["both one older", step(-1)],
      "]": ["both one newer", step(1)],
      i: ["side by side, or inline", () => document.querySelector(".choice [data-view][aria-pressed=false]")?.click()],
    }),
  };
}

function picker(entries, state, number, label, onchange) {
  const tags = state.tags.map(({ tag, version }) => [version, tag]);
  const names = new Map(tags.map(([version]) => [version, tags.filter(([other]) => other === version).map(([, tag]) => tag).join(", ")]));
  const shown = entries.filter((entry) => entry.id);
  const options = shown.map((entry) => [entry.version, `@${entry.version}  ${names.has(entry.version) ? `[${names.get(entry.version)}] ` : ""}${entry.description.slice(0, 60)}`]);
  if (!options.some(([value]) => value === number)) options.push([number, `@${number}`]);
  return h("select", { onchange, "aria-label": `${label} version`, "data-key": label },
    options.map(([value, text]) => h("option", { value, selected: value === number }, text)));
}
