// What happens in the store, told as it does. A stream is resumed where it broke off; one that nobody looks at is closed.

import { parse, send } from "./api.js";

/**
 * Watches everything, or one config. Calls `onEvent` with each version and change of refs, `onState` with `live` or `waiting`, and
 * `onAgain` when a stream goes on: a server that was restarted does not know what was told before.
 */
export class Watch {
  constructor(onEvent, onState, onAgain) {
    Object.assign(this, { onEvent, onState, onAgain, config: undefined, last: null, stop: null });
    document.addEventListener("visibilitychange", () => (document.hidden ? this.close() : this.open()));
  }

  /** Watches one config, or, without one, all. */
  of(config) {
    if (this.config === config && this.stop) return;
    this.close();
    Object.assign(this, { config, last: null });
    this.open();
  }

  close() {
    this.stop?.abort();
    this.stop = null;
  }

  async open() {
    if (this.stop || this.config === undefined || document.hidden) return;
    const stop = new AbortController();
    this.stop = stop;
    let pause = 500;
    while (!stop.signal.aborted) {
      try {
        await this.read(stop.signal, () => { pause = 500; });
      } catch (error) {
        if (error.status === 401 || error.status === 403) break;
      }
      if (stop.signal.aborted) break;
      this.onState("waiting");
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(2 * pause, 15000);
    }
  }

  async read(signal, onOpen) {
    const query = this.config === null ? { after: this.last } : { config: this.config, after: this.last };
    const response = await send("GET", "events", { query, signal });
    onOpen();
    this.onState("live");
    if (this.last !== null) this.onAgain();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      parts.forEach((part) => this.take(part));
    }
  }

  take(part) {
    const fields = Object.fromEntries(part.split("\n").filter((line) => !line.startsWith(":")).map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1).trimStart()];
    }));
    if (fields.id) this.last = fields.id;
    if (fields.data && ["version", "ref", "damaged"].includes(fields.event)) this.onEvent(parse(fields.data));
  }
}
