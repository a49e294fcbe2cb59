// Where branches part and meet, as lanes beside a list of versions, newest first.

import { s } from "./dom.js";

const WIDTH = 16;
const HEIGHT = 56;
const MOST = 8;

/** Finds a lane for each version: its column, and the lines that pass it or come from it. */
export function lanes(entries) {
  let open = [];
  return entries.map((entry) => {
    const number = entry.version ?? entry.forgotten?.last;
    const waiting = open.flatMap((wanted, column) => (wanted === number ? [column] : []));
    const free = open.indexOf(null);
    const column = waiting[0] ?? (free < 0 ? open.length : free);
    const before = open;
    const after = open.map((wanted) => (wanted === number ? null : wanted));
    const parents = (entry.parents ?? []).map((parent, at) => {
      const there = after.indexOf(parent);
      if (there >= 0) return there;
      const gap = after.indexOf(null);
      const place = at === 0 ? column : gap < 0 ? after.length : gap;
      after[place] = parent;
      return place;
    });
    for (let at = 0; at < after.length; at += 1) after[at] ??= null;
    while (after.length && after.at(-1) === null) after.pop();
    const passing = before.flatMap((wanted, at) => (wanted !== null && wanted !== number ? [at] : []));
    open = after;
    return { column, arriving: waiting, passing, parents, width: Math.max(before.length, after.length, column + 1) };
  });
}

/** Draws the lane of one version. What it says is in the row's text too. */
export function drawing(lane, width, { isHead, isGone, isDamaged }) {
  const columns = Math.min(width, MOST);
  const x = (column) => Math.min(column, MOST - 1) * WIDTH + WIDTH / 2;
  const middle = HEIGHT / 2;
  const at = x(lane.column);
  const bend = (from, begin, to, end) => `M${from} ${begin}C${from} ${(begin + end) / 2} ${to} ${(begin + end) / 2} ${to} ${end}`;
  const paths = [
    ...lane.passing.map((column) => `M${x(column)} 0V${HEIGHT}`),
    ...lane.arriving.map((column) => bend(x(column), 0, at, middle)),
    ...lane.parents.map((column) => bend(at, middle, x(column), HEIGHT)),
  ];
  const dot = isDamaged
    ? s("path", { class: "dot damaged", d: `M${at - 5} ${middle - 5}l10 10m0-10l-10 10` })
    : s("circle", { class: `dot${isHead ? " head" : ""}${isGone ? " gone" : ""}`, cx: at, cy: middle, r: isHead ? 5.5 : 4 });
  const size = { width: columns * WIDTH, height: HEIGHT };
  return s("svg", { class: "lanes", ...size, viewBox: `0 0 ${size.width} ${HEIGHT}`, "aria-hidden": "true" },
    paths.map((d) => s("path", { d })), dot);
}
