// A config is edited: what is wrong with it and what it changes shows while one types.

import { change, get, of } from "./api.js";
import { head, keys } from "./config.js";
import { news, problemBox } from "./dialog.js";
import { difference } from "./diff.js";
import { button, field, h, link } from "./dom.js";
import { to } from "./words.js";

const PAUSE_MS = 300;

/** The view in which a config is edited; without a name, a new one. */
export async function edit(config) {
  const told = config ? await get(of(config, "versions", "latest")).catch(missing) : null;
  if (told && told.text === null) return refuse(config, "This version is no text, so that it can't be edited here.");
  const ends = lineEnds(told?.text ?? "");
  if (ends === null) return refuse(config, "This file mixes line ends, which a text field can't keep.");
  return new Editor(config, told, ends).view();
}

function missing(error) {
  if (error.status === 404) return null;
  throw error;
}

function refuse(config, why) {
  return { title: config, node: h("div", {}, head(config, "edit"), h("p", {}, why), h("p", { class: "hint" }, "Edit the file with an editor, and save it with ", h("code", {}, `vconf save ${config}`))), keys: keys(config) };
}

/** How lines end; null where in several ways. */
function lineEnds(text) {
  const windows = text.split("\r\n").length - 1;
  const [returns, feeds] = ["\r", "\n"].map((end) => text.split(end).length - 1);
  if (returns === 0) return "\n";
  return windows === returns && windows === feeds ? "\r\n" : null;
}

const hint = () => h("p", { class: "hint" }, "What saving changes shows here, as you type.");

class Editor {
  constructor(config, told, ends) {
    Object.assign(this, { config, told, ends, base: told?.version ?? 0, text: told?.text ?? "", before: told?.text ?? "", asked: 0, timer: 0, isSaving: false });
    this.name = h("input", { type: "text", class: "mono", spellcheck: "false", autocomplete: "off", placeholder: "etc/app.yaml", oninput: () => this.later() });
    this.area = h("textarea", { class: "mono", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", rows: 24, oninput: () => this.later() });
    this.area.value = this.text;
    this.start = this.area.value;
    this.why = h("input", { type: "text", maxlength: "2000", autocomplete: "off", placeholder: "Without one, the summary of the change" });
    this.button = button("Save", () => this.save(), { class: "primary", disabled: true });
    this.state = h("p", { class: "validity", role: "status" }, "Nothing is changed yet.");
    this.preview = h("div", { class: "preview" }, hint());
    this.alert = h("div", { role: "alert" });
  }

  view() {
    const { told } = this;
    const node = h("div", { onkeydown: (event) => this.key(event) },
      this.config ? head(this.config, "edit", this.base ? ["from ", link(to.version(this.config, this.base), `@${this.base}`), told?.branch && ` on ${told.branch}`] : "a new config") : h("h1", { tabindex: "-1" }, "New config"),
      this.alert,
      h("div", { class: "editor" }, h("div", {}, !this.config && field("Name", this.name, "Its path, such as etc/app.yaml. The ending says the format."), field("Content", this.area)),
        h("section", { class: "after", "aria-label": "What saving changes" }, field("Description (optional)", this.why),
          h("div", { class: "actions" }, this.button, h("span", { class: "hint" }, h("kbd", {}, "Ctrl"), " + ", h("kbd", {}, "S"))), this.state, this.preview)));
    return {
      title: this.config ? `Edit ${this.config}` : "New config", node, focus: this.config ? this.area : this.name, keys: this.config ? keys(this.config) : {},
      isDirty: () => this.isDirty(),
      leave: () => !this.isDirty() || confirm("Leave, and lose what is not saved?"),
      onEvent: (event) => this.onEvent(event),
    };
  }

  isDirty() {
    return this.area.value !== this.start && !this.isSaving;
  }

  key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
      event.preventDefault();
      this.save();
    }
  }

  source() {
    return this.area.value.replaceAll("\n", this.ends);
  }

  target() {
    return this.config ?? this.name.value.trim();
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), PAUSE_MS);
  }

  /** Asks what saving would change, and says what is wrong with it. */
  async check() {
    const mine = (this.asked += 1);
    this.button.disabled = true;
    if (!this.target()) return this.say("", "Give it a name.");
    if (this.base && this.area.value === this.start) {
      this.preview.replaceChildren(hint());
      return this.say("", "Nothing is changed yet.");
    }
    const source = this.source();
    let told;
    try {
      told = await change("PUT", of(this.target(), "source"), { query: { dry_run: "1" }, body: source });
    } catch (error) {
      if (mine === this.asked) this.say("bad", error.message);
      return;
    }
    if (mine !== this.asked) return;
    this.button.disabled = false;
    const { warnings, format } = told.diff.new;
    const isBroken = warnings.some((text) => text.startsWith("not valid"));
    if (isBroken) this.say("bad", `${warnings[0]}. It can be saved all the same.`);
    else if (warnings.length) this.say("warn", `${format}: ${warnings.join("; ")}`);
    else this.say("good", `Valid ${format}.`);
    this.preview.replaceChildren(difference({ diff: told.diff, lines: told.lines, old: this.before, young: source }));
  }

  say(kind, text) {
    const sign = { good: "✓ ", bad: "! ", warn: "! " }[kind] ?? "";
    this.state.className = `validity ${kind}`;
    const line = kind === "good" ? null : /line (\d+)/.exec(text)?.[1];
    this.state.replaceChildren(sign + text, line ? button(`Go to line ${line}`, () => this.goTo(Number(line))) : "");
  }

  /** Selects a line. */
  goTo(number) {
    const before = this.area.value.split("\n").slice(0, number - 1).join("\n");
    const from = number > 1 ? before.length + 1 : 0;
    const end = this.area.value.indexOf("\n", from);
    this.area.focus();
    this.area.setSelectionRange(from, end < 0 ? this.area.value.length : end);
    this.area.scrollTop = Math.max(0, (number - 5) * parseFloat(getComputedStyle(this.area).lineHeight));
  }

  async save() {
    if (!this.target() || this.isSaving) return;
    this.isSaving = true;
    this.button.disabled = true;
    try {
      const expected = this.base ? { "If-Match": `"${this.base}"` } : { "If-None-Match": "*" };
      const done = await change("PUT", of(this.target(), "source"), { query: { message: this.why.value.trim() }, body: this.source(), headers: expected });
      news(done.saved ? `Saved ${done.config}@${done.version}.` : "Nothing changed: the latest version holds the same bytes.", done.saved && done.operation?.id);
      location.hash = to.version(done.config, done.version);
    } catch (error) {
      this.isSaving = false;
      this.button.disabled = false;
      if (error.status === 412) this.overtaken(error.told.since ?? [], error.told.found);
      else this.alert.replaceChildren(problemBox(error));
    }
  }

  onEvent(event) {
    const isOther = event.config === this.config && event.version > this.base && !this.isSaving;
    if (isOther) this.overtaken([event], event.version);
  }

  /** Says that others saved meanwhile. Nothing of theirs is overwritten before one has seen it. */
  overtaken(since, found) {
    const lines = since.map((version) => h("p", {}, h("b", {}, `@${version.version}`), ` by ${version.author}: ${version.description}`));
    const go = async () => {
      const latest = await get(of(this.target(), "versions", "latest"));
      Object.assign(this, { base: latest.version, before: latest.text ?? "" });
      this.alert.replaceChildren();
      this.check();
    };
    this.alert.replaceChildren(h("div", { class: "problem" }, h("p", {}, h("b", {}, "Others saved meanwhile.")), lines,
      h("div", { class: "actions" }, button(`Compare my text with @${found}`, go, { class: "primary" }), h("a", { class: "button", href: to.compare(this.target(), this.base || 1, found ?? "latest"), target: "_blank", rel: "noopener" }, "See what they changed"))));
  }
}
