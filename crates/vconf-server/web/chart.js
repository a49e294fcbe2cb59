// A number over time, as a line of steps. The table below it has the same figures.

import { h, s } from "./dom.js";
import { time } from "./words.js";

const [WIDTH, HEIGHT, EDGE] = [720, 140, 8];

/** Draws `[{version, timestamp, value}]`, oldest first. */
export function chart(points, key) {
  const values = points.map((point) => point.value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const times = points.map((point) => Date.parse(point.timestamp));
  const [begin, end] = [times[0], times.at(-1)];
  const isSpread = end > begin;
  const x = (at) => EDGE + (isSpread ? (times[at] - begin) / (end - begin) : at / Math.max(1, points.length - 1)) * (WIDTH - 2 * EDGE);
  const y = (value) => HEIGHT - EDGE - (most > least ? (value - least) / (most - least) : 0.5) * (HEIGHT - 2 * EDGE);
  const line = points.map((point, at) => (at ? `H${x(at)}V${y(point.value)}` : `M${x(0)} ${y(point.value)}`)).join("");
  const dots = points.map((point, at) => s("path", { class: "dot", d: `M${x(at)} ${y(point.value)}h0` }, s("title", {}, `@${point.version}: ${point.value}`)));
  const told = `${key}: ${points.length} values from ${values[0]} to ${values.at(-1)}, at least ${least}, at most ${most}`;
  return h("figure", { class: "chart" }, h("div", { class: "scale", "aria-hidden": "true" }, h("span", {}, String(most)), h("span", {}, String(least))),
    s("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": told, preserveAspectRatio: "none" },
      s("path", { class: "grid", d: `M0 ${EDGE}H${WIDTH}M0 ${HEIGHT - EDGE}H${WIDTH}` }), s("path", { class: "curve", d: `${line}H${WIDTH}` }), dots),
    h("figcaption", { class: "line dim" }, time(points[0].timestamp), h("span", { class: "grow" }), time(points.at(-1).timestamp)));
}
