// What the page shows of histories.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Tab, app, begin, end, fill, serve } from "./support.js";

let folder, server, browser, tab;

before(async () => {
  ({ folder, server, browser } = await begin());
  tab = await Tab.open(browser, server.url);
});

after(() => end({ folder, server, browser, tab }));

test("the list has each config with its latest version, and is filtered by name", async () => {
  await tab.go("");
  const row = tab.page.getByRole("row", { name: /app\.yaml/ });
  assert.match(await row.innerText(), /@7.*Ready for the sale.*ops@db1/s);
  await tab.page.getByRole("searchbox").fill("etc/");
  assert.equal(await tab.page.locator("tbody tr").count(), 2);
  await tab.page.getByRole("searchbox").fill("");
});

test("the keyboard alone leads from the list to a version and back", async () => {
  const { page } = tab;
  await tab.go("");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".timeline").waitFor();
  assert.match(page.url(), /#\/c\/app\.yaml$/);
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await page.locator(".version").waitFor();
  assert.match(page.url(), /\/v\/6$/);
  await page.keyboard.press("]");
  await page.waitForURL(/\/v\/7$/);
  await page.keyboard.press("e");
  await page.locator("textarea").waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.getByRole("heading", { name: "Configs" }).waitFor();
});

test("every key is told by the question mark", async () => {
  const { page } = tab;
  await tab.go("#/c/app.yaml/v/7");
  await page.keyboard.press("?");
  const text = await page.getByRole("dialog").innerText();
  for (const word of ["next, previous line", "roll back to this", "the version before", "edit"]) assert.ok(text.includes(word), word);
  await tab.checkAccess("the keys");
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("dialog").count(), 0);
});

test("the timeline has branches and tags, and lanes that part and meet", async () => {
  await tab.go("#/c/app.yaml");
  const rows = tab.page.locator(".timeline > li");
  assert.equal(await rows.count(), 7);
  assert.match(await rows.nth(0).innerText(), /@7.*main.*sale/s);
  assert.match(await rows.nth(3).innerText(), /@4.*staging/s);
  const column = (at) => rows.nth(at).locator(".dot").evaluate((dot) => dot.getAttribute("cx"));
  assert.notEqual(await column(3), await column(2), "the version of the other branch has a lane of its own");
  assert.equal(await column(4), await column(2), "where both come from the lane is that of main");
  assert.equal(await rows.nth(1).locator(".lanes path").count(), 3, "one line comes to the merge, two go to its parents");
  await tab.page.getByRole("link", { name: "staging", exact: true }).click();
  await tab.page.waitForFunction(() => document.querySelectorAll(".timeline > li").length === 4);
});

test("two versions that were picked are compared", async () => {
  await tab.go("#/c/app.yaml");
  await tab.page.getByLabel("Pick @2 to compare").check();
  await tab.page.getByLabel("Pick @7 to compare").check();
  await tab.page.getByRole("link", { name: "Compare @2 with @7" }).click();
  await tab.page.locator(".difference").waitFor();
  assert.match(tab.page.url(), /diff\/2\/7$/);
});

test("reorderings and comments are told apart from changes of content", async () => {
  await tab.go("#/c/app.yaml/diff/2/3");
  const text = await tab.text();
  assert.match(text, /The content is the same/);
  assert.match(text, /hosts 1 of 3 items moved/);
  assert.match(text, /Comments: 1 edited/);
  assert.equal(await tab.page.locator(".sources .change").count(), 0, "no line is told as a change of content");
  assert.equal(await tab.page.locator(".sources td.t.moved").count(), 2);
  assert.equal(await tab.page.locator(".sources td.t.comment").count(), 2);
  await tab.go("#/c/app.yaml/diff/1/7");
  assert.match(await tab.page.locator(".content").innerText(), /db\.pool.*10 → 40/s);
  assert.equal(await tab.page.locator(".sources td.t.del.change").count(), 2);
  assert.equal(await tab.page.locator(".sources td.t.add.change").count(), 3);
});

test("lines are shown side by side or inline, and what is the same unfolds", async () => {
  await tab.go("#/c/app.yaml/diff/1/7");
  const { page } = tab;
  await page.getByRole("button", { name: "Side by side" }).click();
  assert.equal(await page.locator("table.side").count(), 1);
  const before = await page.locator(".sources tbody tr").count();
  await page.getByRole("button", { name: /lines the same/ }).first().click();
  assert.ok((await page.locator(".sources tbody tr").count()) > before);
  assert.match(await page.locator(".sources").innerText(), /name: shop/);
  await page.keyboard.press("i");
  await page.locator("table.inline").waitFor();
  const old = app(10).split("\n").filter(Boolean);
  const told = await page.locator("table.inline tbody tr:not(.fold)").evaluateAll((rows) => rows.filter((row) => !row.querySelector(".add")).map((row) => row.querySelector(".t").lastChild.data));
  assert.ok(told.filter((line) => line !== undefined).every((line) => old.some((other) => other.endsWith(line))), "lines that were there are lines of the old text");
  await page.keyboard.press("i");
});

test("the content has beside each line the version that last set it", async () => {
  await tab.go("#/c/app.yaml/blame/7");
  const row = tab.page.getByRole("row", { name: /pool: 40/ });
  assert.match(await row.innerText(), /@7/);
  assert.match(await tab.page.getByRole("row", { name: /name: shop/ }).innerText(), /@1/);
  assert.match(await tab.page.getByRole("row", { name: /host: db2/ }).innerText(), /@5/);
});

test("a key that is a number has a chart, and each value a row", async () => {
  await tab.go("#/c/app.yaml/values?key=db.pool");
  const picture = tab.page.getByRole("img");
  assert.match(await picture.getAttribute("aria-label"), /db\.pool: 4 values from 10 to 40/);
  assert.equal(await picture.locator(".dot").count(), 4);
  assert.equal(await tab.page.locator("tbody tr").count(), 4);
  await tab.go("#/c/app.yaml/values?key=db.host");
  assert.equal(await tab.page.getByRole("img").count(), 0, "a text has none");
  assert.match(await tab.text(), /"db2\.internal"/);
  folder.save("app.env", "POOL=5\n");
  folder.save("app.env", "POOL=8\n");
  await tab.go("#/c/app.env/values?key=POOL");
  assert.match(await tab.page.getByRole("img").getAttribute("aria-label"), /2 values from 5 to 8/, "a number that is written as a text has one");
});

test("a search marks what it found in which versions", async () => {
  await tab.go("#/find");
  await tab.page.getByRole("searchbox").fill("db1.internal");
  await tab.page.keyboard.press("Enter");
  await tab.page.locator("mark").first().waitFor();
  assert.equal(await tab.page.locator("mark").first().innerText(), "db1.internal");
  assert.match(await tab.text(), /app\.yaml\s+@1–@4/);
  await tab.go("#/find?text=%5B&regex=1");
  assert.match(await tab.text(), /the pattern can't be used/, "a pattern that is none is said to be none");
  tab.faults = tab.faults.filter((fault) => !fault.includes("422"));
});

test("numbers keep all their digits", async () => {
  folder.save("big.json", '{"id": 12345678901234567890, "rate": 1.10}');
  folder.save("big.json", '{"id": 12345678901234567891, "rate": 1.10}');
  await tab.go("#/c/big.json/diff/1/2");
  assert.match(await tab.page.locator(".content").innerText(), /12345678901234567890 → 12345678901234567891/);
});

test("what is done elsewhere shows without a reload", async () => {
  await tab.go("#/c/etc%2Flimits.toml");
  await tab.page.getByText("live").waitFor();
  folder.save("etc/limits.toml", "[rate]\nper_second = 250\n", "-m", "Told at once");
  await tab.page.getByText("Told at once").waitFor({ timeout: 5000 });
  await tab.go("");
  await tab.page.getByText("live").waitFor();
  folder.save("etc/new.toml", "a = 1\n", "-m", "A new one");
  await tab.page.getByRole("link", { name: "etc/new.toml" }).waitFor({ timeout: 5000 });
});

test("a server that comes back is found again, and what happened meanwhile shows", async () => {
  const other = await serve(folder, "--allow-anonymous-loopback");
  const mine = await Tab.open(browser, other.url, { expected: [/ERR_CONNECTION_REFUSED|INCOMPLETE_CHUNKED|NETWORK|ERR_/] });
  await mine.go("");
  await mine.page.getByText("live").waitFor();
  await other.stop();
  await mine.page.getByText("reconnecting …").waitFor();
  folder.save("etc/meanwhile.toml", "a = 1\n", "-m", "While nobody served");
  const again = await serve(folder, "--allow-anonymous-loopback", "--listen", new URL(other.url).host);
  await mine.page.getByText("While nobody served").waitFor({ timeout: 10000 });
  await mine.page.getByText("live").waitFor();
  await mine.close();
  await again.stop();
});

test("a version that can't be read is said to be so, and the others are there", async () => {
  folder.save("torn.toml", "a = 1\n");
  folder.save("torn.toml", "a = 2\n");
  folder.save("torn.toml", "a = 3\n");
  const record = join(folder.path, ".vconf/configs/torn.toml/v2.json");
  chmodSync(record, 0o600);
  writeFileSync(record, readFileSync(record, "utf8").replace("a = 2", "a = 9"));
  await tab.go("#/c/torn.toml");
  assert.match(await tab.text(), /@3.*@1/s);
  await tab.go("#/c/torn.toml/v/2");
  assert.match(await tab.text(), /can't be shown/);
  await tab.go("#/c/torn.toml/v/1");
  assert.match(await tab.text(), /a = 1/);
  tab.faults = tab.faults.filter((fault) => !fault.includes("500"));
});
