// How things are called and where they are shown.

import { Exact } from "./api.js";
import { h } from "./dom.js";

/** Addresses of views. */
export const to = {
  configs: () => "#/",
  config: (config, branch) => `#/c/${enc(config)}${branch ? `?branch=${enc(branch)}` : ""}`,
  version: (config, number) => `#/c/${enc(config)}/v/${number}`,
  compare: (config, old, young) => `#/c/${enc(config)}/diff/${enc(old)}/${enc(young)}`,
  blame: (config, version = "latest") => `#/c/${enc(config)}/blame/${enc(version)}`,
  values: (config, key) => `#/c/${enc(config)}/values${key ? `?key=${enc(key)}` : ""}`,
  edit: (config) => `#/c/${enc(config)}/edit`,
  find: (text) => `#/find${text ? `?text=${enc(text)}` : ""}`,
};

const enc = encodeURIComponent;

/** A time, as long ago as people say it, and exactly where one points at it. */
export function time(stamp) {
  if (!stamp) return "";
  const date = new Date(stamp);
  const exact = date.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return h("time", { datetime: stamp, title: exact }, ago(date));
}

const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [30 * 86400, "day", 86400]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });

function ago(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  if (Math.abs(seconds) < 10) return "just now";
  const step = STEPS.find(([below]) => Math.abs(seconds) < below);
  if (step) return relative.format(Math.trunc(seconds / step[2]), step[1]);
  return date.toLocaleDateString(undefined, { year: "numeric", month: "short", day: "numeric" });
}

/** So many of something. */
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** How many bytes, as people say it. */
export function bytes(size) {
  if (size < 1000) return count(size, "byte");
  return size < 1e6 ? `${(size / 1000).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`;
}

/** A value as it is written in JSON, cut where it is long. */
export function value(given, most = 300) {
  const text = write(given);
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function write(given) {
  if (given instanceof Exact) return given.text;
  if (Array.isArray(given)) return `[${given.map(write).join(", ")}]`;
  if (given && typeof given === "object") {
    return `{${Object.entries(given).map(([name, inner]) => `${JSON.stringify(name)}: ${write(inner)}`).join(", ")}}`;
  }
  return JSON.stringify(given) ?? "";
}

/** A JSON Pointer as people write a key. */
export function key(pointer) {
  const steps = pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const isPlain = steps.every((step) => /^[A-Za-z_][\w-]*$|^\d+$/.test(step));
  if (!isPlain || steps.length === 0) return pointer;
  return steps.map((step, at) => (/^\d+$/.test(step) ? `[${step}]` : at ? `.${step}` : step)).join("");
}
