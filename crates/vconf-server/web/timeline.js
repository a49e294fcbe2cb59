// The versions of a config, newest first, with branches and tags.

import { get, of } from "./api.js";
import { head, keys } from "./config.js";
import { button, h, hidden, link } from "./dom.js";
import { drawing, lanes } from "./lanes.js";
import { count, time, to } from "./words.js";

const kept = new Map();

/** The view of a config's timeline. */
export async function timeline(config, _, { branch }) {
  const wanted = Math.max(100, kept.get(config)?.shown ?? 0);
  const [state, page] = await Promise.all([get(of(config)), get(of(config, "log"), { limit: Math.min(wanted, 1000), branch })]);
  const marked = kept.get(config)?.marked ?? new Set();
  let { entries, next } = page;
  const list = h("ol", { class: "timeline", "aria-label": "Versions, newest first" });
  const bar = h("div", { class: "picked", role: "status" });
  const more = button("Show older versions", async () => {
    const page = await get(of(config, "log"), { from: next, limit: 100, branch });
    entries = [...entries, ...page.entries];
    next = page.next;
    draw();
  });
  const picked = () => {
    const [young, old] = [...marked].sort((a, b) => b - a);
    bar.hidden = marked.size === 0;
    bar.replaceChildren(marked.size === 2 ? link(to.compare(config, old, young), `Compare @${old} with @${young}`, { class: "button primary" })
      : h("span", {}, `@${young} is picked; pick another to compare it with.`), button("Clear", () => { marked.clear(); draw(); }, { class: "quiet" }));
  };
  const pick = (number) => {
    if (marked.has(number)) marked.delete(number);
    else marked.add(number);
    if (marked.size > 2) marked.delete([...marked][0]);
    draw();
  };
  const draw = () => {
    kept.set(config, { shown: entries.length, marked });
    const placed = lanes(entries);
    const width = Math.max(...placed.map((lane) => lane.width), 1);
    const focused = document.activeElement?.dataset?.key;
    list.replaceChildren(...entries.map((entry, at) => row(config, entry, drawing(placed[at], width, look(entry)), marked, pick)));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    more.hidden = !next;
    picked();
  };
  draw();
  const pickRow = () => {
    const number = Number(document.activeElement?.closest("li")?.dataset.version);
    if (number) pick(number);
  };
  return {
    title: config,
    node: h("div", {}, head(config, "timeline", [count(state.versions, "version"), " · current branch ", h("b", {}, state.branch), state.latest?.format && ` · ${state.latest.format}`]),
      state.damage?.map((text) => h("p", { class: "bad" }, "! ", text)), branches(config, state, branch), bar, list, more),
    keys: keys(config, { x: ["pick the version, to compare it", pickRow], c: ["compare the picked ones", () => bar.querySelector("a")?.click()] }),
  };
}

const look = (entry) => ({ isHead: entry.latest, isGone: entry.undone || entry.off_branch, isDamaged: !entry.id });

function branches(config, state, only) {
  if (state.branches.length < 2) return null;
  const one = (name, text, isIt) => link(to.config(config, name), text, { "aria-current": isIt && "true" });
  return h("nav", { class: "choice", "aria-label": "Branches" }, one("", "All branches", !only),
    state.branches.map(({ branch }) => one(branch, branch, only === branch)));
}

function row(config, entry, lane, marked, pick) {
  if (!entry.id) return gone(entry, lane);
  const { version, tags = [], heads = [] } = entry;
  const isAuto = entry.description === entry.changes?.summary;
  const box = h("input", { type: "checkbox", "aria-label": `Pick @${version} to compare`, checked: marked.has(version), onchange: () => pick(version), "data-key": `pick${version}` });
  const state = entry.undone ? "undone" : entry.off_branch ? "branch deleted" : null;
  return h("li", { class: state && "gone", "data-version": version }, lane, box,
    h("div", { class: "entry" },
      h("div", { class: "line" }, link(to.version(config, version), h("span", { class: "mono" }, `@${version}`), { "data-row": true, "data-key": `v${version}`, "aria-label": `Version ${version}: ${entry.description}` }),
        h("span", { class: isAuto ? "what auto" : "what", title: entry.description }, entry.description),
        heads.map((name) => h("span", { class: "chip branch" }, hidden("head of branch "), name)), tags.map((name) => h("span", { class: "chip tag" }, hidden("tag "), name)),
        state && h("span", { class: "chip" }, state)),
      h("div", { class: "line dim" }, h("span", {}, entry.author), time(entry.timestamp), entry.action !== "save" && h("span", {}, entry.action),
        !isAuto && h("span", { class: "cut mono" }, entry.changes?.summary))));
}

/** Versions that are not there any more, or can't be read. */
function gone(entry, lane) {
  const text = entry.forgotten ? `@${entry.forgotten.first} to @${entry.forgotten.last} were forgotten by a rule`
    : `@${entry.version} can't be read: ${entry.problem ?? "its record is damaged"}`;
  return h("li", { class: entry.forgotten ? "gone" : "bad" }, lane, h("div", { class: "entry" }, h("div", { class: "line" }, text)));
}
