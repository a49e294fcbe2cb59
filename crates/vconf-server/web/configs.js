// The configs, each with where it stands.

import { get } from "./api.js";
import { button, h, link } from "./dom.js";
import { count, time, to } from "./words.js";

const kept = { filter: "" };

/** The view of all configs. */
export async function configs() {
  let { configs: found, next } = await get("configs", { limit: 1000 });
  const body = h("tbody");
  const told = h("p", { class: "hint", role: "status" });
  const filter = h("input", { type: "search", "aria-label": "Filter configs by name", placeholder: "Filter by name", value: kept.filter, "data-key": "filter" });
  const more = button("Show more", async () => {
    const page = await get("configs", { limit: 1000, after: next });
    found = [...found, ...page.configs];
    next = page.next;
    draw();
  });
  const draw = () => {
    kept.filter = filter.value;
    const wanted = filter.value.toLowerCase();
    const meant = found.filter((config) => config.config.toLowerCase().includes(wanted));
    body.replaceChildren(...meant.map(row));
    told.textContent = meant.length === found.length ? count(found.length, "config") : `${meant.length} of ${count(found.length, "config")}`;
    more.hidden = !next;
  };
  filter.addEventListener("input", draw);
  draw();
  const table = h("table", { class: "list" },
    h("thead", {}, h("tr", {}, ["Config", "Latest", "Last change", "By", "When"].map((name) => h("th", { scope: "col" }, name)))), body);
  const none = h("div", { class: "empty" }, h("p", {}, "No config is kept here yet."), h("p", { class: "hint" }, "Save one with ", h("code", {}, "vconf save FILE"), ", or write one here."));
  return {
    title: "Configs",
    node: h("div", {}, h("div", { class: "bar" }, h("h1", { tabindex: "-1" }, "Configs"), told, h("span", { class: "grow" }), found.length > 0 && filter, link("#/new", "New config", { class: "button" })),
      found.length ? table : none, more),
    keys: { n: ["a new config", () => { location.hash = "#/new"; }] },
  };
}

function row({ config, branch, latest, versions, damage }) {
  const isWhole = latest?.id;
  const name = h("th", { scope: "row" }, link(to.config(config), config, { "data-row": true, "data-key": config }),
    branch && branch !== "main" && h("span", { class: "chip branch" }, branch));
  if (!isWhole) {
    const why = latest?.problem ?? damage?.[0] ?? "there is no version on this branch";
    return h("tr", {}, name, h("td", {}, count(versions ?? 0, "version")), h("td", { colspan: 3, class: "bad" }, h("span", { "aria-hidden": "true" }, "! "), why));
  }
  return h("tr", {}, name, h("td", { class: "mono" }, link(to.version(config, latest.version), `@${latest.version}`)),
    h("td", { class: "cut", title: latest.description }, latest.description), h("td", { class: "dim" }, latest.author), h("td", { class: "dim nowrap" }, time(latest.timestamp)));
}
