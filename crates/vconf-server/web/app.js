// Which view is shown, and what it learns of what happens meanwhile.

import { get, token } from "./api.js";
import { activity } from "./activity.js";
import { blame } from "./blame.js";
import { compare } from "./compare.js";
import { configs } from "./configs.js";
import { news, problemBox } from "./dialog.js";
import { h } from "./dom.js";
import { edit } from "./edit.js";
import { Watch } from "./events.js";
import { listen } from "./keys.js";
import { search } from "./search.js";
import { signIn } from "./sign-in.js";
import { timeline } from "./timeline.js";
import { values } from "./values.js";
import { version } from "./version.js";

const main = document.getElementById("main");
let shown = null;
let place = null;
let asked = 0;

/** The view that an address names, and the config that it is about: null for all of them. */
function route() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  const [kind, ...parts] = path.split("/").map(decode);
  const options = Object.fromEntries(new URLSearchParams(query ?? ""));
  if (kind === "c" && parts[0]) {
    const [config, what, ...rest] = parts;
    const view = { v: version, diff: compare, blame, values, edit }[what] ?? timeline;
    return { nav: "configs", config, load: () => view(config, rest, options) };
  }
  if (kind === "new") return { nav: "configs", config: null, load: () => edit(null, [], options) };
  if (kind === "find") return { nav: "find", config: null, load: () => search(options) };
  if (kind === "activity") return { nav: "activity", config: null, load: () => activity() };
  return { nav: "configs", config: null, load: () => configs(options) };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Shows what the address names; a refresh keeps the focus and the place where one was. */
async function show(isRefresh = false) {
  if (!isRefresh && shown?.leave && !shown.leave()) {
    history.replaceState(null, "", place);
    return;
  }
  clearTimeout(timer);
  const mine = (asked += 1);
  const { nav, config, load } = route();
  place = location.href;
  main.setAttribute("aria-busy", "true");
  let view;
  try {
    view = await load();
  } catch (error) {
    if (error.status === 401) return;
    view = { title: "Not shown", node: h("div", {}, h("h1", { tabindex: "-1" }, "This can't be shown"), problemBox(error)) };
  }
  if (mine !== asked) return;
  put(view, isRefresh);
  for (const link of document.querySelectorAll("[data-nav]")) {
    if (link.dataset.nav === nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.getElementById("sign-out").hidden = !token.get();
  watch.of(config);
}

function put(view, isRefresh) {
  const focused = document.activeElement?.closest?.("[data-key]")?.dataset.key;
  const [top, left] = [scrollY, scrollX];
  shown = view;
  main.replaceChildren(view.node);
  main.dataset.shows = place;
  main.setAttribute("aria-busy", "false");
  document.title = `${view.title} – vconf`;
  if (isRefresh) {
    scrollTo(left, top);
    if (focused) main.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  } else {
    scrollTo(0, 0);
    (view.focus ?? main.querySelector("h1"))?.focus({ preventScroll: true });
  }
}

const live = document.getElementById("live");
const watch = new Watch(
  (event) => {
    document.getElementById("told").textContent = `${event.config}: ${event.description ?? "a change"}, by ${event.author ?? "somebody"}`;
    if (shown?.onEvent) shown.onEvent(event);
    else later();
  },
  (state) => {
    live.replaceChildren(h("span", { "aria-hidden": "true" }, state === "live" ? "●" : "○"), state === "live" ? " live" : " reconnecting …");
    live.dataset.state = state;
  },
  () => shown?.onEvent || later(),
);

/** Shows the view anew soon; not under the hands of who types or decides. */
function later(pause = 150) {
  clearTimeout(timer);
  const isBusy = () => document.querySelector("dialog[open]") || document.activeElement?.matches("main input:not([type=checkbox]), main select");
  timer = setTimeout(() => {
    if (shown?.onEvent) return;
    if (isBusy()) later(1000);
    else show(true);
  }, pause);
}

let timer = 0;

addEventListener("hashchange", () => show());
addEventListener("vconf:refresh", () => show(true));
addEventListener("vconf:unauthorized", (event) => {
  if (shown?.title === "Sign in") return;
  // What somebody wrote and did not save is not thrown away for it.
  if (shown?.isDirty?.()) return news(event.detail.message);
  asked += 1;
  watch.close();
  put(signIn(event.detail, () => {
    shown = null;
    show();
  }), false);
});
addEventListener("beforeunload", (event) => shown?.isDirty?.() && event.preventDefault());
document.getElementById("sign-out").addEventListener("click", () => {
  token.forget();
  get("self").then(() => show(), () => {});
});
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
listen(() => shown);
show();
