// What is asked before something is done, and what is told after.

import { change } from "./api.js";
import { button, h } from "./dom.js";

/** Shows a dialog; `foot` stays in sight below the body. `act` is done on yes, and its error shown; the result is what it returns, or null where one thought better of it. */
export function ask({ title, body, foot, yes = "OK", act = () => true, isWide = false }) {
  return new Promise((resolve) => {
    const problem = h("div", { role: "alert" });
    let result = null;
    const run = async () => {
      confirm.disabled = true;
      try {
        result = await act();
        dialog.close();
      } catch (error) {
        problem.replaceChildren(problemBox(error));
      } finally {
        confirm.disabled = false;
      }
    };
    const confirm = button(yes, run, { class: "primary" });
    const dialog = h("dialog", { class: isWide && "wide", "aria-labelledby": "dialog-title", onclose: () => {
      dialog.remove();
      resolve(result);
    } },
      h("h2", { id: "dialog-title" }, title), h("div", { class: "body", tabindex: "0", role: "group", "aria-label": title }, body), foot, problem,
      h("div", { class: "actions" }, button("Cancel", () => dialog.close()), confirm));
    dialog.addEventListener("keydown", (event) => {
      const isYes = event.key === "Enter" && (event.ctrlKey || event.metaKey || event.target.tagName === "INPUT");
      if (isYes && !confirm.disabled) {
        event.preventDefault();
        run();
      }
    });
    document.body.append(dialog);
    dialog.showModal();
    (dialog.querySelector("input") ?? confirm).focus();
  });
}

/** Shows something that one only reads. */
export function tell(title, body) {
  const dialog = h("dialog", { "aria-labelledby": "dialog-title", onclose: () => dialog.remove() },
    h("h2", { id: "dialog-title" }, title), h("div", { class: "body" }, body),
    h("div", { class: "actions" }, button("Close", () => dialog.close(), { class: "primary" })));
  document.body.append(dialog);
  dialog.showModal();
}

/** What a refusal says: what, why, and what can be done. */
export function problemBox(error) {
  return h("div", { class: "problem" }, h("p", {}, h("span", { class: "sign", "aria-hidden": "true" }, "!"), " ", error.message),
    (error.details ?? []).map((line) => h("p", { class: "hint" }, line)), error.help && h("p", {}, h("code", {}, error.help)));
}

/** Tells what was done; with an operation, how it is taken back. */
export function news(text, operation) {
  const place = document.getElementById("news");
  const undo = async () => {
    try {
      await change("POST", "undo", { body: { operation } });
      news("Undone. It can be done again under Activity.");
    } catch (error) {
      news(error.message);
    }
  };
  const item = h("div", { class: "item" }, h("span", {}, text), operation && button("Undo", undo), button("×", () => item.remove(), { class: "quiet", "aria-label": "Dismiss" }));
  place.replaceChildren(item);
  clearTimeout(timer);
  timer = setTimeout(() => item.matches(":focus-within, :hover") || item.remove(), operation ? 15000 : 6000);
}

let timer = 0;
