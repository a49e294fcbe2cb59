// A text in all versions of all configs.

import { get } from "./api.js";
import { problemBox } from "./dialog.js";
import { button, h, link } from "./dom.js";
import { count, time, to } from "./words.js";

/** The view of a search. */
export async function search({ text = "", regex, changed }) {
  const input = h("input", { type: "search", value: text, autocomplete: "off", spellcheck: "false", "aria-label": "Text", placeholder: "A text in any version, description, author or tag", "data-key": "text" });
  const pattern = h("input", { type: "checkbox", checked: regex === "1", "data-key": "regex" });
  const keys = h("input", { type: "checkbox", checked: changed === "1", "data-key": "changed" });
  const go = () => {
    const query = new URLSearchParams({ text: input.value, ...(pattern.checked && { regex: "1" }), ...(keys.checked && { changed: "1" }) });
    location.hash = `#/find?${query}`;
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && go());
  const place = h("div", { class: "hits" });
  if (text) await fill(place, changed === "1" ? { changed: text, limit: 100 } : { text, regex: regex === "1" && "1", ignore_case: "1", limit: 100 });
  return {
    title: text ? `${text} – search` : "Search",
    node: h("div", {}, h("h1", { tabindex: "-1" }, "Search"), h("div", { class: "bar search", role: "search" }, input, button("Search", go, { class: "primary" })),
      h("div", { class: "line" }, h("label", {}, pattern, " regular expression"), h("label", {}, keys, " versions that changed this key")), place),
    focus: text ? null : input,
    onEvent: () => {},
  };
}

async function fill(place, query, after) {
  let page;
  try {
    page = await get("find", { ...query, after });
  } catch (error) {
    if (error.status === 401) throw error;
    place.append(problemBox(error));
    return;
  }
  const told = place.querySelectorAll("li").length + page.hits.length;
  const list = h("ul", { class: "found" }, page.hits.map(hit));
  place.querySelector("p")?.remove();
  place.prepend(h("p", { class: "hint", role: "status" }, told ? `${count(told, "hit")}${page.next ? " so far" : ""}` : "Nothing was found."));
  place.append(list);
  if (!page.next) return;
  const more = button("Search on", () => { more.remove(); fill(place, query, page.next); });
  place.append(more);
}

function hit(hit) {
  if (!hit.id) return h("li", { class: "bad" }, "! ", hit.config, " ", hit.problem ?? "has a version that can't be read");
  const range = hit.last && hit.last !== hit.version ? `@${hit.version}–@${hit.last}` : `@${hit.version}`;
  const where = { line: hit.line && `line ${hit.line}`, value: hit.key, description: "description", author: "author", tag: "tag" }[hit.found];
  return h("li", {}, h("div", { class: "line" }, link(to.version(hit.config, hit.version), [h("b", {}, hit.config), " ", range], { class: "mono", "data-row": true }), where && h("span", { class: "dim" }, where), h("span", { class: "dim" }, hit.author), h("span", { class: "dim" }, time(hit.timestamp))),
    hit.text !== null && hit.text !== undefined && h("div", { class: "text mono" }, marks(hit.text, hit.marks ?? [])), hit.found === "version" && h("div", { class: "text" }, hit.description));
}

/** A text with what was found marked; the places are counted in bytes. */
function marks(text, places) {
  const raw = new TextEncoder().encode(text);
  const cut = (from, to) => new TextDecoder().decode(raw.slice(from, to));
  const parts = [];
  let at = 0;
  for (const [from, to] of places) {
    parts.push(cut(at, from), h("mark", {}, cut(from, to)));
    at = to;
  }
  return [...parts, cut(at)];
}
