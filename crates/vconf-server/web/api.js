// What is asked of the server. The token is in a header that only this page can set: no other page can ask in its name.

const TOKEN = "vconf-token";

/** A request that was refused, with what the server said. */
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail ?? "the server can't be reached");
    this.status = status;
    Object.assign(this, { details: [], help: null, told }, { details: told.details ?? [], help: told.help ?? null });
  }
}

/** A number with more digits than this language keeps. */
export class Exact {
  constructor(text) {
    this.text = text;
  }
}

export const token = {
  get: () => sessionStorage.getItem(TOKEN),
  set: (text) => sessionStorage.setItem(TOKEN, text),
  forget: () => sessionStorage.removeItem(TOKEN),
};

/** The path of a config, or of what belongs to it. */
export function of(config, ...rest) {
  return ["configs", config, ...rest.map(String)].map(part).join("/");
}

const part = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

/** Asks for something. */
export const get = (path, query, signal) => ask("GET", path, { query, signal }).then((answer) => answer.json);

/** Asks for something that changes; a body that is an object is sent as JSON. */
export async function change(method, path, { query, body, headers } = {}) {
  const isText = typeof body === "string";
  const type = isText ? "application/octet-stream" : "application/json";
  const sent = isText || body === undefined ? body : JSON.stringify(body);
  const answer = await ask(method, path, { query, body: sent, headers: { ...(sent !== undefined && { "Content-Type": type }), ...headers } });
  return answer.json;
}

/** Sends a request, and hands the response on as it is. */
export async function send(method, path, { query, body, headers, signal } = {}) {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value != null && value !== "" && value !== false);
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  const secret = token.get();
  const known = { "Vconf-Page": "1", ...(secret && { Authorization: `Bearer ${secret}` }), ...headers };
  const url = `/api/v1/${path}${search && `?${search}`}`;
  let response;
  try {
    response = await fetch(url, { method, body, headers: known, signal, redirect: "error", credentials: "omit", cache: "no-cache" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, { detail: "The server can't be reached.", details: ["Nothing that it acknowledged is lost; try again in a moment."] });
  }
  if (response.ok) return response;
  const told = await response.text().then(parse).catch(() => ({ detail: `The server answers ${response.status}.` }));
  const problem = new Problem(response.status, told);
  if (response.status === 401) dispatchEvent(new CustomEvent("vconf:unauthorized", { detail: problem }));
  throw problem;
}

async function ask(method, path, options) {
  const response = await send(method, path, options);
  return { json: parse(await response.text()), response };
}

/** Reads JSON; numbers keep all their digits where the browser tells them. */
export function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    const isOther = typeof value === "number" && context?.source !== undefined && String(value) !== context.source;
    return isOther ? new Exact(context.source) : value;
  });
}
