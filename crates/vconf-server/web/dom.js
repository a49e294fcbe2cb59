// Elements, made of names and texts. Nothing here or elsewhere reads markup out of a text.

/** Makes an element. Functions are listeners, true is an attribute without a value, false and null are none. */
export function h(name, properties, ...children) {
  return fill(document.createElement(name), properties, children);
}

/** Makes an element of a drawing. */
export function s(name, properties, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), properties, children);
}

/** Text that is told and not shown. */
export const hidden = (text) => h("span", { class: "vh" }, text);

/** A link to a view. */
export const link = (href, text, properties) => h("a", { href, ...properties }, text);

/** A button. */
export const button = (text, onclick, properties) => h("button", { type: "button", onclick, ...properties }, text);

/** A field with its label. */
export function field(label, input, hint) {
  input.id ||= `f${(fields += 1)}`;
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input, hint && h("p", { class: "hint" }, hint));
}

/** A path or a key, which may be broken behind its steps. */
export const breakable = (text) => text.split(/(?<=[./\]])/).map((part) => [part, h("wbr")]);

/** A line as it is shown: of a very long one the beginning. */
export const line = (text) => (text.length > MOST_CHARACTERS ? [text.slice(0, MOST_CHARACTERS), h("span", { class: "dim" }, ` … (${text.length - MOST_CHARACTERS} more characters)`)] : text);

const MOST_CHARACTERS = 5000;
let fields = 0;

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}
