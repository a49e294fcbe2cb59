// What the views of one config share: its name, its tabs, and the way to roll it back or tag it.

import { change, get, of } from "./api.js";
import { ask, news } from "./dialog.js";
import { difference } from "./diff.js";
import { breakable, field, h, link } from "./dom.js";
import { to } from "./words.js";

/** The head of a view of a config. */
export function head(config, tab, extra) {
  const tabs = [["timeline", "Timeline", to.config(config)], ["blame", "Content", to.blame(config)], ["compare", "Compare", to.compare(config, "-1", "latest")], ["values", "Values", to.values(config)], ["edit", "Edit", to.edit(config)]];
  return h("div", { class: "head" }, h("h1", { tabindex: "-1", class: "mono" }, breakable(config)), extra && h("div", { class: "sub" }, extra),
    h("nav", { class: "tabs", "aria-label": "Of this config" }, tabs.map(([name, text, href]) => link(href, text, { "aria-current": name === tab && "page" }))));
}

/** Keys of every view of a config. */
export function keys(config, others = {}) {
  const go = (href) => () => { location.hash = href; };
  return {
    t: ["timeline", go(to.config(config))],
    b: ["content, and who set it", go(to.blame(config))],
    d: ["compare", go(to.compare(config, "-1", "latest"))],
    v: ["the values of a key", go(to.values(config))],
    e: ["edit", go(to.edit(config))],
    ...others,
  };
}

/** What differs between two versions, with both texts. */
export async function compared(config, from, young) {
  const [diff, old, fresh] = await Promise.all([
    get(of(config, "diff"), { from, to: young }),
    get(of(config, "versions", from)),
    get(of(config, "versions", young)),
  ]);
  const isText = old.text !== null && fresh.text !== null;
  const lines = isText ? (await get(of(config, "diff"), { from: old.version, to: fresh.version, as: "text" })).text : null;
  return { diff, lines, old: old.text, young: fresh.text, versions: [old, fresh] };
}

/** Brings the bytes of a version back, once one has seen what that changes. */
export async function rollBack(config, number, branch) {
  const told = await compared(config, branch ?? "latest", number);
  const why = h("input", { type: "text", maxlength: "2000", autocomplete: "off" });
  const [latest] = told.versions;
  const isSame = told.diff.equal && told.old === told.young;
  const done = await ask({
    title: `Roll ${config} back to @${number}?`, yes: "Roll back", isWide: true,
    body: [h("p", {}, `A new version is made that holds the bytes of @${number}. Nothing is lost: @${latest.version} stays in the history.`),
      isSame ? h("p", {}, `@${latest.version} holds the same bytes already.`) : difference(told, { level: "h3" })],
    foot: field("Description (optional)", why),
    act: () => change("POST", of(config, "rollback"), { body: { to: String(number), ...(branch && { branch }), ...(why.value && { message: why.value }) }, headers: { "If-Match": `"${latest.version}"` } }),
  });
  if (!done) return;
  news(done.saved === false ? "Nothing changed: it holds these bytes already." : `Rolled back: ${config} is at @${done.version}.`, done.saved !== false && done.operation?.id);
  location.hash = to.config(config);
  dispatchEvent(new Event("vconf:refresh"));
}

/** Gives a version a name. */
export async function tag(config, number) {
  const { tags } = await get(of(config));
  const name = h("input", { type: "text", maxlength: "200", autocomplete: "off", spellcheck: "false" });
  const preview = h("p", { class: "hint", role: "status" }, " ");
  name.addEventListener("input", () => {
    const there = tags.find((tag) => tag.tag === name.value.trim());
    preview.textContent = !there ? (name.value ? `“${name.value.trim()}” will name @${number}.` : " ")
      : there.version === number ? `“${there.tag}” names @${number} already.` : `“${there.tag}” names @${there.version} now, and will be moved to @${number}. The move can be undone.`;
  });
  const done = await ask({
    title: `Tag @${number} of ${config}`, yes: "Set tag",
    body: [field("Tag", name, tags.length ? `There are ${tags.map((tag) => `${tag.tag} (@${tag.version})`).join(", ")}.` : "There are no tags yet."), preview],
    act: () => change("PUT", of(config, "tags", name.value.trim()), { body: { version: number } }),
  });
  if (!done) return;
  news(`${done.tag} names @${number}.`, done.operation);
  dispatchEvent(new Event("vconf:refresh"));
}

/** Takes a tag away. */
export async function untag(config, name, number) {
  const done = await ask({
    title: `Take the tag ${name} away?`, yes: "Delete tag",
    body: h("p", {}, `@${number} of ${config} stays; only its name ${name} goes. This can be undone.`),
    act: () => change("DELETE", of(config, "tags", name)),
  });
  if (!done) return;
  news(`The tag ${name} is gone.`, done.operation);
  dispatchEvent(new Event("vconf:refresh"));
}
