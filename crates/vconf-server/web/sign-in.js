// Who has no token that counts gives one. It is kept as long as the tab is open, and sent to this server alone.

import { get, token } from "./api.js";
import { problemBox } from "./dialog.js";
import { button, field, h } from "./dom.js";

/** A view that asks for a token, and goes on with `then`. */
export function signIn(problem, then) {
  const input = h("input", { type: "password", autocomplete: "off", spellcheck: "false", placeholder: "vconf_…" });
  const place = h("div", { role: "alert" }, problem && token.get() && problemBox(problem));
  const enter = async () => {
    token.set(input.value.trim());
    try {
      await get("self");
      then();
    } catch (error) {
      token.forget();
      place.replaceChildren(problemBox(error));
      input.focus();
    }
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && enter());
  const node = h("div", { class: "sign-in" }, h("h1", { tabindex: "-1" }, "Sign in"),
    h("p", {}, "This server asks for a token. Whoever looks after it makes one with:"),
    h("pre", {}, h("code", {}, "vconf token create NAME --allow read")),
    field("Token", input, "It stays in this tab, and is forgotten when the tab is closed."), place,
    h("div", { class: "actions" }, button("Sign in", enter, { class: "primary" })));
  return { title: "Sign in", node, focus: input };
}
