// A version's lines, each with the version that last set it.

import { get, of } from "./api.js";
import { head, keys } from "./config.js";
import { button, h, line as cut, link } from "./dom.js";
import { time, to } from "./words.js";

const MOST_LINES = 3000;

/** The view of a version's content. */
export async function blame(config, [name = "latest"]) {
  const [told, log, source] = await Promise.all([get(of(config, "versions", name, "blame")), get(of(config, "log"), { limit: 1000 }), get(of(config, "versions", name))]);
  const known = new Map(log.entries.map((entry) => [entry.version, entry]));
  told.values.forEach((value) => known.has(value.version) || known.set(value.version, value));
  const body = h("tbody");
  const add = (from) => {
    const lines = told.lines.slice(from, from + MOST_LINES);
    body.append(...lines.map((line, at) => row(config, line, from + at, told.lines, known)));
    if (from + MOST_LINES >= told.lines.length) return;
    const more = h("tr", { class: "fold" }, h("td", { colspan: 4 }, button("Show what follows", () => { more.remove(); add(from + MOST_LINES); })));
    body.append(more);
  };
  add(0);
  const table = h("table", { class: "blame" }, h("colgroup", {}, ["by", "why", "n", "t"].map((name) => h("col", { class: name }))), h("thead", { class: "vh" }, h("tr", {}, ["Set by", "Why", "Line", "Text"].map((text) => h("th", { scope: "col" }, text)))), body);
  const isText = source.text !== null;
  return {
    title: `${config}@${told.version}`,
    node: h("div", {}, head(config, "blame", [link(to.version(config, told.version), `@${told.version}`), " · ", source.format, " · each line with the version that last set it"]),
      told.damage.map((text) => h("p", { class: "bad" }, "! ", text)), isText ? table : h("p", {}, "This version is no text.")),
    keys: keys(config),
  };
}

function row(config, { text, version }, at, lines, known) {
  const isFirst = at === 0 || lines[at - 1].version !== version;
  const entry = known.get(version);
  const by = version === null ? (isFirst ? [h("span", { class: "dim" }, "layout")] : [])
    : isFirst ? [link(to.version(config, version), `@${version}`, { title: entry?.description, "data-row": true }), " ", h("span", { class: "dim" }, time(entry?.timestamp))] : [];
  return h("tr", { class: isFirst && "first" }, h("td", { class: "by" }, by), h("td", { class: "why dim" }, isFirst && version !== null ? entry?.description ?? "" : ""),
    h("td", { class: "n" }, String(at + 1)), h("td", { class: "t" }, cut(text)));
}
