// What must not happen: markup that is taken for such, requests in another's name, tokens that lie about.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { HOSTILE, Tab, begin, end, fill, serve } from "./support.js";

const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let folder, server, browser;

before(async () => {
  ({ folder, server, browser } = await begin());
});

after(() => end({ folder, server, browser }));

const versions = async (config) => (await (await fetch(`${server.url}/api/v1/configs/${config}`)).json()).versions;

test("every file of the page has the strict policy, and nothing is written into the page itself", async () => {
  const page = await (await fetch(`${server.url}/`)).text();
  assert.doesNotMatch(page, /<style|style=|<script(?![^>]*src=)|\son\w+=|https?:\/\//);
  const files = new Set(["/", ...[...page.matchAll(/(?:href|src)="(\/ui\/[^"]+)"/g)].map((found) => found[1])]);
  for (const path of files) {
    const answer = await fetch(server.url + path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.headers.get("content-security-policy"), POLICY, path);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("referrer-policy"), "no-referrer");
    const text = await answer.text();
    for (const [, name] of text.matchAll(/from "\.\/([^"]+)"/g)) files.add(`/ui/${name}`);
    assert.doesNotMatch(text, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|@import|url\(/, path);
  }
  assert.ok(files.size > 20);
  for (const path of ["/ui/", "/ui/none.js", "/ui/..%2f..%2fetc%2fpasswd"]) assert.equal((await fetch(server.url + path)).status, 404, path);
  assert.equal((await fetch(`${server.url}/`, { method: "POST" })).status, 405);
});

test("a config full of markup and scripts stays text in every view", async () => {
  folder.save("hostile.yaml", HOSTILE.replace("autofocus", "autofocus <iframe srcdoc='<script>top.harmed=6</script>'>"));
  const tab = await Tab.open(browser, server.url);
  const elements = "main script, main img, main iframe, main svg[onload], main b[onmouseover], [autofocus]";
  for (const view of ["", "/v/1", "/v/2", "/diff/1/2", "/blame/2", "/values", "/values?key=title", "/edit"]) {
    await tab.go(`#/c/hostile.yaml${view}`);
    assert.equal(await tab.page.locator(elements).count(), 0, view);
  }
  for (const hash of ["", "#/activity", "#/find?text=script", "#/find?text=%3Cimg%20src%3Dx%20onerror%3Dharmed%3D7%3E", "#/c/%3Cscript%3Eharmed%3D8%3C%2Fscript%3E"]) {
    await tab.go(hash);
    assert.equal(await tab.page.locator(elements).count(), 0, hash);
  }
  await tab.go("#/c/hostile.yaml/blame/1");
  assert.match(await tab.text(), /<script>window\.harmed = 1<\/script>/);
  await tab.go("#/c/hostile.yaml/v/1");
  assert.match(await tab.text(), /<b onmouseover=alert\(1\)>bold<\/b> & <script>alert\(2\)<\/script>/);
  tab.faults = tab.faults.filter((fault) => !fault.includes("404"));
  await tab.close();
});

test("without a token, a page of another site changes nothing and reads nothing", async () => {
  const before = await versions("app.yaml");
  const target = `${server.url}/api/v1/configs/app.yaml/rollback`;
  const body = JSON.stringify({ to: 1 });
  const refused = [
    { Origin: "http://evil.example" },
    { Origin: "null" },
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site", "Vconf-Page": "1" },
    { Origin: "http://evil.example", "Vconf-Page": "1" },
    { Origin: server.url },
    { "Sec-Fetch-Site": "same-origin" },
  ];
  for (const headers of refused) {
    const answer = await fetch(target, { method: "POST", body, headers });
    assert.equal(answer.status, 401, JSON.stringify(headers));
  }
  const evil = createServer((_, response) => {
    response.setHeader("Content-Type", "text/html");
    response.end(`<form id=f method=post enctype=text/plain action="${target}"><input name='{"to": 1, "message": "' value='"}'></form><iframe name=i></iframe>`);
  });
  await new Promise((resolve) => evil.listen(0, "127.0.0.1", resolve));
  const page = await (await browser.newContext()).newPage();
  await page.goto(`http://localhost:${evil.address().port}/`);
  const outcomes = await page.evaluate(async ({ target, url }) => {
    const attempt = (path, options) => fetch(path, options).then((answer) => answer.type, () => "refused");
    const simple = await attempt(target, { method: "POST", body: '{"to": 1}', mode: "no-cors" });
    const preflighted = await attempt(target, { method: "POST", body: '{"to": 1}', headers: { "Vconf-Page": "1" } });
    const read = await attempt(`${url}/api/v1/configs`);
    document.getElementById("f").target = "i";
    document.getElementById("f").submit();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return { simple, preflighted, read };
  }, { target, url: server.url });
  await page.context().close();
  evil.close();
  assert.deepEqual(outcomes, { simple: "opaque", preflighted: "refused", read: "refused" });
  assert.equal(await versions("app.yaml"), before, "nothing was written");
  const own = await fetch(target, { method: "POST", body: JSON.stringify({ to: 1, dry_run: true }), headers: { Origin: server.url, "Sec-Fetch-Site": "same-origin", "Vconf-Page": "1" } });
  assert.equal(own.status, 200, "the page itself may");
});

test("with tokens one signs in, may what the token allows, and the token stays in the tab", async () => {
  const guarded = await serve(folder);
  const token = folder.run("token", "create", "reader", "--allow", "read").match(/vconf_\w+/)[0];
  const tab = await Tab.open(browser, guarded.url, { expected: [/status of 40[13]/] });
  const { page } = tab;
  await tab.go("#/c/app.yaml/edit");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await tab.look("sign-in");
  await page.getByLabel("Token").fill("vconf_wrong");
  await page.keyboard.press("Enter");
  await page.getByText("the token does not count").waitFor();
  await page.getByLabel("Token").fill(token);
  await page.keyboard.press("Enter");
  await page.locator("textarea").fill("name: taken\n");
  await page.getByText(/reader may not write/).waitFor();
  assert.ok(await page.getByRole("button", { name: "Save" }).isDisabled());
  await page.locator("textarea").fill(JSON.parse(folder.run("show", "app.yaml", "--json")).text);
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("heading", { name: "Search" }).waitFor();
  const kept = await page.evaluate(() => ({ local: { ...localStorage }, cookie: document.cookie, url: location.href }));
  assert.deepEqual([kept.local, kept.cookie], [{}, ""]);
  assert.ok(!kept.url.includes(token));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("vconf-token")), null);
  await tab.close();
  await guarded.stop();
});
