// A store made for the tests, a server over it, and a browser that looks at it.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const VCONF = needed("VCONF_TEST_BINARY");
const SHOTS = needed("VCONF_TEST_SCREENSHOTS");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

function needed(name) {
  const value = process.env[name];
  assert(value, `${name} is not set: these tests are run by scripts/web`);
  return value;
}

/** A config that would do harm where it was taken for markup. */
export const HOSTILE = [
  'title: "<script>window.harmed = 1</script>"',
  "image: '<img src=x onerror=\"window.harmed = 2\">'",
  "# </textarea><svg onload=\"window.harmed = 3\"> in a comment",
  "link: javascript:window.harmed=4",
  'quote: "\\" onfocus=window.harmed=5 autofocus x=\\""',
  "",
].join("\n");

/** A folder with files under version control. */
export class Folder {
  constructor() {
    this.path = mkdtempSync(join(tmpdir(), "vconf-web-"));
  }

  run(...args) {
    return execFileSync(VCONF, args, { cwd: this.path, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, VCONF_AUTHOR: "ops@db1" } });
  }

  write(name, text) {
    mkdirSync(join(this.path, name, ".."), { recursive: true });
    writeFileSync(join(this.path, name), text);
  }

  save(name, text, ...args) {
    this.write(name, text);
    return this.run("save", name, ...args);
  }

  remove() {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export const app = (pool, { host = "db1.internal", hosts = ["a", "b", "c"], comment = "Pool sizes are per instance." } = {}) => `# The shop's settings
name: shop
region: eu-central-1
log:
  level: info
  format: json
db:
  # ${comment}
  pool: ${pool}
  host: ${host}
  timeout: 2.5
  retries: 3
cache:
  size: 512
  ttl: 300
hosts:
${hosts.map((name) => `  - ${name}.shop.example`).join("\n")}
env:
  - name: TZ
    value: UTC
  - name: LANG
    value: C.UTF-8
limits:
  requests: 1000
  burst: 200
`;

/** Histories with all that the page shows. */
export function fill(folder) {
  folder.save("app.yaml", app(10), "-m", "First settings of the shop");
  folder.save("app.yaml", app(20), "-m", "Raise the pool for the sale");
  folder.save("app.yaml", app(20, { hosts: ["b", "a", "c"], comment: "Per instance, not in all." }), "-m", "Sort the hosts by weight");
  folder.run("tag", "app.yaml", "before-sale");
  folder.run("switch", "app.yaml", "--create", "staging");
  folder.save("app.yaml", app(25, { hosts: ["b", "a", "c"], comment: "Per instance, not in all." }), "-m", "Try a pool of 25");
  folder.run("switch", "app.yaml", "main");
  folder.save("app.yaml", app(20, { host: "db2.internal", hosts: ["b", "a", "c"], comment: "Per instance, not in all." }));
  folder.run("merge", "app.yaml", "staging");
  folder.save("app.yaml", app(40, { host: "db2.internal", hosts: ["b", "a", "c", "d"], comment: "Per instance, not in all." }), "-m", "Ready for the sale");
  folder.run("tag", "app.yaml", "sale");
  folder.save("etc/nginx.conf", "worker_processes 4;\nevents { worker_connections 1024; }\n", "-m", "As installed");
  folder.save("etc/limits.toml", "[rate]\nper_second = 100\n");
  folder.save("hostile.yaml", HOSTILE, "-m", "<b onmouseover=alert(1)>bold</b> & <script>alert(2)</script>");
}

/** Serves a folder: on a free port, unless it is told where. */
export async function serve(folder, ...args) {
  const named = args.indexOf("--listen");
  const address = named < 0 ? `127.0.0.1:${await freePort()}` : args.splice(named, 2)[1];
  const child = spawn(VCONF, ["serve", "--listen", address, ...args], { cwd: folder.path, stdio: ["ignore", "ignore", "pipe"] });
  let log = "";
  child.stderr.on("data", (data) => { log += data; });
  const url = `http://${address}`;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) break;
    assert(attempt < 200 && child.exitCode === null, `the server does not begin: ${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = () => new Promise((resolve) => {
    child.once("exit", resolve);
    child.kill("SIGTERM");
  });
  return { url, stop };
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function launch() {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
  return chromium.launch({ executablePath: process.env.VCONF_TEST_CHROMIUM ?? "/usr/bin/chromium", args });
}

/** A tab that notes what it must not do: ask elsewhere, break its policy, or meet an error that nobody expects. */
export class Tab {
  static async open(browser, url, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", ...options });
    const tab = new Tab();
    const page = await context.newPage();
    Object.assign(tab, { page, context, url, faults: [], expected: options.expected ?? [] });
    const fault = (text) => tab.expected.some((pattern) => pattern.test(text)) || tab.faults.push(text);
    page.on("request", (request) => request.url().startsWith(`${url}/`) || request.url().startsWith("data:") || fault(`asks for ${request.url()}`));
    page.on("pageerror", (error) => fault(`error: ${error.message}\n${error.stack}`));
    page.on("console", (message) => message.type() === "error" && fault(`console: ${message.text()}`));
    await page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
    });
    return tab;
  }

  async go(hash) {
    const before = this.page.url();
    const address = `${this.url}/${hash}`;
    if (before === address) await this.page.reload();
    else await this.page.goto(address);
    await this.settled();
  }

  /** Waits until the view that the address names is there. */
  async settled() {
    await this.page.waitForFunction(() => {
      const main = document.querySelector("main");
      return main?.dataset.shows === location.href && main.getAttribute("aria-busy") === "false";
    });
  }

  main() {
    return this.page.locator("main");
  }

  text() {
    return this.main().innerText();
  }

  /** Keeps a picture, and holds the view against what accessibility asks for. */
  async look(name) {
    const page = this.page;
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: false });
    await this.checkAccess(name);
  }

  async checkAccess(name) {
    // The policy of the page lets no script in; the one that checks comes by the debugger, which stands above it.
    const session = await this.context.newCDPSession(this.page);
    await session.send("Runtime.evaluate", { expression: AXE });
    const { result } = await session.send("Runtime.evaluate", {
      expression: 'axe.run(document, { resultTypes: ["violations"] }).then((told) => JSON.stringify(told.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => `${node.html} ${node.failureSummary}`).join(" | ")}`)))',
      awaitPromise: true, returnByValue: true,
    });
    await session.detach();
    assert.deepEqual(JSON.parse(result.value ?? '["axe did not run"]'), [], `accessibility of ${name}`);
    const isWide = await this.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(isWide, false, `${name} is wider than the screen`);
  }

  async close() {
    const violations = await this.page.evaluate(() => window.violations);
    const harmed = await this.page.evaluate(() => window.harmed);
    await this.context.close();
    assert.deepEqual(violations, [], "what the security policy had to refuse");
    assert.equal(harmed, undefined, "nothing out of a config was run");
    assert.deepEqual(this.faults, []);
  }
}

// What every file of tests begins with: a store that has something in it, a server over it, a browser.
export async function begin() {
  const folder = new Folder();
  fill(folder);
  const [server, browser] = await Promise.all([serve(folder, "--allow-anonymous-loopback"), launch()]);
  return { folder, server, browser };
}

export async function end({ folder, server, browser, tab }) {
  try {
    await tab?.close();
  } finally {
    await browser?.close();
    await server?.stop();
    folder?.remove();
  }
}
