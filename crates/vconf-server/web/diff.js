// A difference: what changed in content, what in order and layout, and the lines of both sides.

import { button, h, hidden, line as cut } from "./dom.js";
import { KINDS, blocks, words } from "./lines.js";
import { count, to, value } from "./words.js";

const VIEW = "vconf-view";
const FIRST_CHANGES = 16;
const MOST_CHANGES = 300;
const MOST_ROWS = 3000;

/** How lines are shown: side by side or inline; on a narrow screen inline, until one says otherwise. */
export function view() {
  return sessionStorage.getItem(VIEW) ?? (matchMedia("(max-width: 48rem)").matches ? "inline" : "side");
}

/** Shows a difference: `{diff, lines, old, young}`, the last two being the texts. */
export function difference(told, { level = "h2", config } = {}) {
  const { diff, lines } = told;
  const isText = [diff.old, diff.new].some((side) => ["text", "binary"].includes(side.format));
  return h("div", { class: "difference" },
    !isText && content(diff, level, config),
    !isText && layout(diff, level),
    diff.mode && h("p", {}, "The file's mode: ", h("code", {}, diff.mode.old), " → ", h("code", {}, diff.mode.new)),
    lines === null ? h("p", {}, "The bytes differ; they are no text that could be shown.") : sources(told, level));
}

const OPS = { add: ["+", "added"], remove: ["-", "removed"], replace: ["~", "changed"], move: ["→", "moved"], rename: ["→", "renamed"] };

function content(diff, level, config) {
  if (!diff.changes.length) {
    return h("p", { class: "equal" }, h("span", { class: "sign", "aria-hidden": "true" }, "="), " The content is the same.");
  }
  const rows = diff.changes.slice(0, MOST_CHANGES).map((change) => row(change, config));
  const left = diff.changes.length - rows.length;
  const list = h("ul", { class: "changes" }, rows.length > FIRST_CHANGES + 4 ? rows.slice(0, FIRST_CHANGES) : rows);
  const isCut = list.children.length < rows.length;
  const all = isCut && button(`Show all ${count(rows.length, "change")}`, () => {
    list.replaceChildren(...rows);
    all.remove();
  });
  return h("section", { class: "content" }, h(level, {}, "Content ", h("span", { class: "n" }, count(diff.changes.length, "change"))),
    list, all, left > 0 && h("p", { class: "hint" }, `… and ${left} more; the lines below have them all.`));
}

function row(change, config) {
  const [sign, word] = OPS[change.op] ?? ["~", change.op];
  const name = change.display || change.path;
  const isKey = config && change.op !== "remove";
  return h("li", { class: change.op },
    h("span", { class: "sign", "aria-hidden": "true" }, sign), hidden(`${word}: `),
    h("div", {}, isKey ? h("a", { class: "key", href: to.values(config, change.path), title: "The values it had" }, name) : h("span", { class: "key" }, name), " ",
      h("span", { class: "what" }, what(change))));
}

function what(change) {
  const del = () => h("del", {}, value(change.old));
  const ins = () => h("ins", {}, value(change.new));
  const note = change.note ?? (change.type && `${change.type.old} → ${change.type.new}`);
  const parts = { add: () => [ins()], remove: () => [del()], replace: () => [del(), " → ", ins()] }[change.op];
  return [parts ? parts() : `from ${change.from}`, note && h("span", { class: "note" }, ` ${note}`)];
}

/** What does not change what the config means. */
function layout(diff, level) {
  const told = diff.reordered.map((list) => {
    const moved = list.moved?.length ?? 0;
    return ["↕", "reordered", [h("span", { class: "key" }, list.display || list.path), ` ${moved} of ${list.items} items moved; they are the same ones`]];
  });
  const { comments = {}, key_order: keys, spelling, whitespace } = diff.layout;
  const parts = ["added", "removed", "edited"].filter((how) => comments[how]).map((how) => `${comments[how]} ${how}`);
  if (parts.length) told.push(["#", "comments", `Comments: ${parts.join(", ")}`]);
  if (keys) told.push(["↕", "key order", `Keys in another order: ${keys}`]);
  if (spelling) told.push(["≈", "spelling", `Values spelled in another way: ${spelling}`]);
  if (whitespace) told.push(["≈", "white space", "White space"]);
  if (!told.length) return null;
  const items = told.map(([sign, word, text]) => h("li", {}, h("span", { class: "sign", "aria-hidden": "true" }, sign), hidden(`${word}: `), h("div", { class: "what" }, text)));
  return h("section", { class: "layout" }, h(level, {}, "Order and layout ", h("span", { class: "n" }, "no change of content")), h("ul", { class: "changes" }, items));
}

/** The lines, with a choice of how they are shown. */
function sources({ lines, old, young, diff }, level) {
  if (!lines || old === young) return null;
  const format = diff.new.format === "text" ? diff.old.format : diff.new.format;
  const parted = blocks(lines, old ?? "", young ?? "", format);
  const place = h("div", { class: "sources" });
  const choice = h("div", { class: "choice", role: "group", "aria-label": "How the lines are shown" });
  const show = (how) => {
    sessionStorage.setItem(VIEW, how);
    draw(how);
  };
  const draw = (how) => {
    choice.replaceChildren(...[["side", "Side by side"], ["inline", "Inline"]].map(([name, text]) =>
      button(text, () => show(name), { "aria-pressed": String(how === name), "data-view": name })));
    place.replaceChildren(table(parted, how, diff));
  };
  draw(view());
  const kinds = new Set(parted.flatMap((block) => block.pairs ?? []).flat().filter(Boolean).map((line) => line.kind));
  return h("section", { class: "lines" }, h("div", { class: "bar" }, h(level, {}, "Lines"), choice), place, legend(kinds));
}

function legend(kinds) {
  const told = [["change", "+ −", "content"], ["moved", "↕", "moved"], ["comment", "#", "comment"], ["layout", "≈", "spelling or white space"]];
  if (kinds.size === 0 || (kinds.size === 1 && kinds.has("change"))) return null;
  const items = told.filter(([kind]) => kinds.has(kind)).map(([, sign, word]) => h("li", {}, h("b", {}, sign), ` ${word}`));
  return h("ul", { class: "legend", "aria-label": "Signs" }, items);
}

function table(parted, how, diff) {
  const isSide = how === "side";
  const body = h("tbody");
  const queue = [...parted];
  const heads = isSide ? [diff.old.state, diff.new.state] : [`${diff.old.state} → ${diff.new.state}`];
  const head = h("thead", {}, h("tr", {}, heads.map((text) => h("th", { scope: "colgroup", colspan: isSide ? 2 : 3 }, text))));
  const columns = (isSide ? ["n", "t", "n", "t"] : ["n", "n", "t"]).map((name) => h("col", { class: name }));
  const shown = h("table", { class: how }, h("caption", { class: "vh" }, "Lines that differ"), h("colgroup", {}, columns), head, body);
  more(body, queue, isSide);
  return shown;
}

/** Adds rows, no more at once than a browser shows with ease. */
function more(body, queue, isSide) {
  let left = MOST_ROWS;
  while (queue.length && left > 0) {
    const block = queue.shift();
    const rows = block.isFolded ? [fold(block, isSide)] : block.same ? block.lines.map((line) => plain(line, isSide)) : changed(block.pairs, isSide);
    left -= rows.length;
    body.append(...rows);
  }
  if (!queue.length) return;
  const row = h("tr", { class: "fold" }, h("td", { colspan: isSide ? 4 : 3 }, button("Show what follows", () => {
    row.remove();
    more(body, queue, isSide);
  })));
  body.append(row);
}

function fold(block, isSide) {
  const open = () => row.replaceWith(...block.lines.slice(0, MOST_ROWS).map((line) => plain(line, isSide)), ...rest());
  const rest = () => (block.lines.length > MOST_ROWS ? [fold({ lines: block.lines.slice(MOST_ROWS) }, isSide)] : []);
  const row = h("tr", { class: "fold" }, h("td", { colspan: isSide ? 4 : 3 },
    button(`⋯ ${count(block.lines.length, "line")} the same`, open, { "aria-expanded": "false" })));
  return row;
}

function plain([a, b, text], isSide) {
  const [left, right] = [a, b].map((number) => h("td", { class: "n" }, String(number)));
  const cell = () => h("td", { class: "t" }, h("span", { class: "sign" }, " "), cut(text));
  return h("tr", {}, isSide ? [left, cell(), right, cell()] : [left, right, cell()]);
}

function changed(pairs, isSide) {
  const parts = pairs.map(([old, young]) => (old && young ? words(old.text, young.text) : null));
  if (isSide) return pairs.map(([old, young], at) => h("tr", {}, half(old, "del", parts[at]), half(young, "add", parts[at])));
  const row = (line, side, part) => {
    const [number, text] = half(line, side, part);
    const empty = h("td", { class: "n" });
    return h("tr", {}, side === "del" ? [number, empty] : [empty, number], text);
  };
  const side = (index, name) => pairs.flatMap((pair, at) => (pair[index] ? [row(pair[index], name, parts[at])] : []));
  return [...side(0, "del"), ...side(1, "add")];
}

function half(line, side, parts) {
  if (!line) return [h("td", { class: "n none" }), h("td", { class: "t none" })];
  const [sign, word] = KINDS[line.kind][side];
  const tag = side === "del" ? "del" : "ins";
  const text = parts ? [cut(parts[0]), h(tag, {}, cut(parts[side === "del" ? 1 : 2])), cut(parts[3])] : cut(line.text);
  const name = `${side} ${line.kind}`;
  return [h("td", { class: `n ${name}` }, String(line.number)),
    h("td", { class: `t ${name}` }, h("span", { class: "sign", "aria-hidden": "true" }, sign), hidden(`${word}: `), text)];
}
