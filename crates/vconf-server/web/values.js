// The values that one key had.

import { get, of } from "./api.js";
import { chart } from "./chart.js";
import { head, keys } from "./config.js";
import { problemBox } from "./dialog.js";
import { breakable, button, field, h, link } from "./dom.js";
import { count, key as keyOf, time, to, value } from "./words.js";

const MOST_KEYS = 5000;

/** The view of a key's values. */
export async function values(config, _, { key = "" }) {
  const blamed = await get(of(config, "versions", "latest", "blame"));
  const names = blamed.values.slice(0, MOST_KEYS).map((one) => keyOf(one.path));
  const shown = key.startsWith("/") ? keyOf(key) : key;
  const input = h("input", { type: "search", list: "keys", value: shown, autocomplete: "off", spellcheck: "false", class: "mono", placeholder: "db.pool", "data-key": "key" });
  const go = () => { location.hash = to.values(config, input.value.trim()); };
  input.addEventListener("keydown", (event) => event.key === "Enter" && go());
  input.addEventListener("change", () => names.includes(input.value) && go());
  const told = key ? await history(config, key, shown).catch((error) => (error.status === 401 ? Promise.reject(error) : problemBox(error))) : pick(config, names);
  return {
    title: shown ? `${shown} of ${config}` : `Values of ${config}`,
    node: h("div", {}, head(config, "values"), h("div", { class: "bar" }, field("Key", input), button("Show", go)), h("datalist", { id: "keys" }, names.map((name) => h("option", { value: name }))), told),
    keys: keys(config),
    focus: key ? null : input,
  };
}

function pick(config, names) {
  if (!names.length) return h("p", { class: "hint" }, "The latest version has no keys.");
  return h("div", {}, h("p", { class: "hint" }, "Choose a key to see the values that it had."),
    h("ul", { class: "keys-list" }, names.slice(0, 400).map((name) => h("li", {}, link(to.values(config, name), breakable(name), { "data-row": true })))));
}

async function history(config, key, shown) {
  const { entries } = await get(of(config, "key-log"), { key, limit: 1000 });
  const known = entries.filter((entry) => entry.id);
  if (!known.length) return h("p", {}, `No version has ${shown}.`);
  const points = known.filter((entry) => entry.present && typeof entry.value === "number").reverse();
  const isNumber = points.length > 1 && points.length === known.filter((entry) => entry.present).length;
  const rows = entries.map((entry) => (entry.id ? row(config, entry) : h("tr", {}, h("td", { colspan: 4, class: "bad" }, "! ", entry.problem ?? "versions that can't be read"))));
  return h("section", {}, h("h2", {}, h("code", {}, shown), " ", h("span", { class: "n" }, count(known.length, "value"))), isNumber && chart(points, shown),
    h("table", { class: "list" }, h("thead", {}, h("tr", {}, ["Since", "Value", "Why", "By"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)));
}

function row(config, entry) {
  const shown = entry.present ? h("code", {}, value(entry.value)) : h("span", { class: "dim" }, "– not there –");
  return h("tr", {}, h("th", { scope: "row", class: "nowrap" }, link(to.version(config, entry.version), `@${entry.version}`, { class: "mono", "data-row": true }), " ", h("span", { class: "dim" }, time(entry.timestamp))),
    h("td", { class: "value" }, shown), h("td", { class: "cut", title: entry.description }, entry.description), h("td", { class: "dim" }, entry.author));
}
