// One version: what it is, what it changed, and what can be done with it.

import { get, of } from "./api.js";
import { compared, head, keys, rollBack, tag, untag } from "./config.js";
import { difference } from "./diff.js";
import { button, h, link } from "./dom.js";
import { bytes, time, to } from "./words.js";

/** The view of a version. */
export async function version(config, [name]) {
  const [told, state] = await Promise.all([get(of(config, "versions", name)), get(of(config))]);
  const { version: number, parents } = told;
  const diff = parents.length ? await compared(config, parents[0], number) : null;
  const tags = state.tags.filter((tag) => tag.version === number);
  const isLatest = state.latest?.version === number;
  const go = (step) => () => {
    const next = number + step;
    if (next >= 1 && next <= state.versions) location.hash = to.version(config, next);
  };
  const actions = [
    !isLatest && button("Roll back to this", () => rollBack(config, number), { class: "primary" }),
    isLatest && link(to.edit(config), "Edit", { class: "button primary" }),
    button("Tag", () => tag(config, number)),
    !isLatest && link(to.compare(config, number, "latest"), "Compare with latest", { class: "button" }),
    link(to.blame(config, number), "Content", { class: "button" }),
  ];
  return {
    title: `${config}@${number}`,
    node: h("div", {}, head(config, "timeline"),
      h("div", { class: "version" }, h("h2", {}, h("span", { class: "mono dim" }, `@${number} `), told.description),
        h("p", { class: "line dim" }, h("span", {}, told.author), time(told.timestamp), h("span", {}, told.action), h("span", {}, `on ${told.branch}`),
          isLatest && h("span", { class: "chip branch" }, "latest"), tags.map(({ tag: name }) => button(`${name} ×`, () => untag(config, name, number), { class: "chip tag", "aria-label": `Tag ${name}: take it away` })))),
      h("div", { class: "actions" }, actions, h("span", { class: "grow" }), button("‹ Older", go(-1), { disabled: number <= 1 }), button("Newer ›", go(1), { disabled: number >= state.versions })),
      diff ? [h("p", { class: "dim" }, "Against ", parents.map((parent, at) => [at ? " and " : "", link(to.version(config, parent), `@${parent}`)]), parents.length > 1 && ` (a merge; shown against @${parents[0]})`),
        difference(diff, { config })] : first(told),
      facts(told)),
    keys: keys(config, {
      "[": ["the version before", go(-1)],
      "]": ["the version after", go(1)],
      r: ["roll back to this", () => !isLatest && rollBack(config, number)],
      T: ["tag it", () => tag(config, number)],
      i: ["side by side, or inline", () => document.querySelector(".choice [data-view][aria-pressed=false]")?.click()],
    }),
  };
}

function first(told) {
  if (told.text === null) return h("p", {}, "This is a first version; it is no text.");
  return h("section", {}, h("h2", {}, "A first version"), h("pre", { class: "source", tabindex: "0" }, told.text.slice(0, 200000)));
}

function facts(told) {
  const rows = [["Format", told.format], ["Size", bytes(told.size_bytes)], ["Mode", told.mode ?? "–"], ["Checksum", told.checksum], ["Seal", told.seal], ["Operation", `${told.operation.id}: ${told.operation.command}`]];
  return h("details", { class: "facts" }, h("summary", {}, "Record"), h("dl", {}, rows.map(([name, text]) => [h("dt", {}, name), h("dd", { class: "mono" }, text)])));
}
