// What is done with the page: edits, rollbacks, tags, undo.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { Tab, app, begin, end, fill } from "./support.js";

let folder, server, browser, tab;

before(async () => {
  ({ folder, server, browser } = await begin());
  tab = await Tab.open(browser, server.url);
});

after(() => end({ folder, server, browser, tab }));

const latest = (config) => JSON.parse(folder.run("show", config, "--json"));
const button = (name) => tab.page.getByRole("button", { name });
const told = (text) => tab.page.locator("#news").getByText(text).waitFor();

test("an edit is checked and previewed while one types, and saved without a description", async () => {
  const before = latest("app.yaml");
  await tab.go("#/c/app.yaml/edit");
  const area = tab.page.locator("textarea");
  assert.equal(await area.inputValue(), before.text);
  assert.ok(await button("Save").isDisabled(), "there is nothing to save yet");
  await area.fill(before.text.replace("retries: 3", "retries: [3"));
  await tab.page.getByText(/not valid yaml at line \d+/).waitFor();
  await tab.look("edit-invalid");
  await button("Go to line 13").click();
  assert.equal(await area.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd)), "cache:");
  const text = before.text.replace("retries: 3", "retries: 5 # more");
  await area.fill(text);
  await tab.page.getByText("Valid yaml.").waitFor();
  assert.match(await tab.page.locator(".preview .content").innerText(), /db\.retries.*3 → 5/s);
  assert.match(await tab.page.locator(".preview .layout").innerText(), /Comments: 1 added/);
  await tab.look("edit-valid");
  await tab.page.keyboard.press("Control+s");
  await told(/Saved app\.yaml@8/);
  const saved = latest("app.yaml");
  assert.equal(saved.text, text, "to the byte");
  assert.equal(saved.description, saved.changes.summary);
  assert.equal(saved.author, "anonymous@127.0.0.1");
  await tab.page.locator("#news").getByRole("button", { name: "Undo" }).click();
  await told(/Undone/);
  assert.equal(latest("app.yaml").version, before.version);
});

test("who edits is told of what others save meanwhile, and overwrites nothing unseen", async () => {
  await tab.go("#/c/etc%2Fnginx.conf/edit");
  const area = tab.page.locator("textarea");
  await area.fill("worker_processes 8;\n");
  await button("Save").and(tab.page.locator(":enabled")).waitFor();
  folder.save("etc/nginx.conf", "worker_processes 4;\n# by another\n", "-m", "Meanwhile");
  await tab.page.getByText("Others saved meanwhile.").waitFor();
  await button("Save").click();
  await tab.page.getByText("Meanwhile", { exact: false }).first().waitFor();
  assert.equal(latest("etc/nginx.conf").version, 2, "it was refused");
  await button("See what they changed").click();
  await tab.page.getByRole("dialog").getByText("# by another").waitFor();
  await tab.page.keyboard.press("Escape");
  await button(/Compare my text with @2/).click();
  await tab.page.locator(".preview").getByText("# by another").waitFor();
  await button("Save").click();
  await told(/Saved etc\/nginx\.conf@3/);
  tab.faults = tab.faults.filter((fault) => !fault.includes("412"));
});

test("a new config is written and saved", async () => {
  await tab.go("#/new");
  await tab.page.getByLabel("Name").fill("etc/new one.json");
  await tab.page.getByLabel("Content").fill('{"a": 1}\n');
  await tab.page.getByText("Valid json.").waitFor();
  await tab.page.getByLabel(/Description/).fill("Made on the page");
  await button("Save").click();
  await told(/Saved etc\/new one\.json@1/);
  assert.equal(latest("etc/new one.json").description, "Made on the page");
});

test("lines that end as on Windows end so still", async () => {
  folder.save("win.ini", "[a]\r\nb=1\r\nc=2\r\n");
  await tab.go("#/c/win.ini/edit");
  await tab.page.locator("textarea").fill("[a]\nb=1\nc=3\n");
  await tab.page.getByText("Valid ini.").waitFor();
  await button("Save").click();
  await told(/Saved win\.ini@2/);
  assert.equal(latest("win.ini").text, "[a]\r\nb=1\r\nc=3\r\n");
});

test("a rollback shows what it changes first, and nothing happens without a yes", async () => {
  const before = latest("app.yaml").version;
  await tab.go("#/c/app.yaml/v/1");
  await button("Roll back to this").click();
  const dialog = tab.page.getByRole("dialog");
  await dialog.waitFor();
  assert.match(await dialog.locator(".content").innerText(), /db\.pool.*40 → 10/s);
  await dialog.getByRole("button", { name: "Cancel" }).click();
  assert.equal(latest("app.yaml").version, before);
  await button("Roll back to this").click();
  await dialog.getByLabel(/Description/).fill("The sale is over");
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await told(/Rolled back/);
  const now = latest("app.yaml");
  assert.deepEqual([now.text, now.description, now.action], [app(10), "The sale is over", "rollback"]);
});

test("a tag is set, moved and taken away", async () => {
  await tab.go("#/c/app.yaml/v/2");
  const dialog = tab.page.getByRole("dialog");
  await button("Tag").click();
  await dialog.getByLabel("Tag", { exact: true }).fill("sale");
  await dialog.getByText(/names @7 now, and will be moved to @2/).waitFor();
  await dialog.getByRole("button", { name: "Set tag" }).click();
  await told("sale names @2.");
  assert.match(folder.run("tag", "app.yaml"), /@2\s+sale\n/);
  await button(/Tag sale: take it away/).click();
  await dialog.getByRole("button", { name: "Delete tag" }).click();
  await told("The tag sale is gone.");
  assert.doesNotMatch(folder.run("tag", "app.yaml"), /\ssale\n/);
});

test("the last operation is undone and redone, with a preview", async () => {
  folder.save("etc/limits.toml", "[rate]\nper_second = 1\n", "-m", "Too few");
  await tab.go("#/activity");
  await button("Undo the last").click();
  const dialog = tab.page.getByRole("dialog");
  await dialog.getByText("etc/limits.toml@2").waitFor();
  assert.match(await dialog.locator(".content").innerText(), /rate\.per_second.*1 → 100/s);
  await tab.look("undo");
  await dialog.getByRole("button", { name: "Undo" }).click();
  await told(/Undone/);
  assert.equal(latest("etc/limits.toml").version, 1);
  await tab.page.getByText("undone").first().waitFor();
  await button("Redo").click();
  await dialog.getByRole("button", { name: "Redo" }).click();
  await told("Done again.");
  assert.equal(latest("etc/limits.toml").version, 2);
});

test("what is not saved is not left without a word", async () => {
  await tab.go("#/c/app.yaml/edit");
  await tab.page.locator("textarea").fill("a: 1\n");
  const asked = tab.page.waitForEvent("dialog").then(async (dialog) => {
    await dialog.dismiss();
    return dialog.message();
  });
  await tab.page.getByRole("link", { name: "Configs" }).click();
  assert.match(await asked, /lose what is not saved/);
  assert.equal(await tab.page.locator("textarea").inputValue(), "a: 1\n");
  tab.page.once("dialog", (dialog) => dialog.accept());
  await tab.page.getByRole("link", { name: "Configs" }).click();
  await tab.page.getByRole("heading", { name: "Configs" }).waitFor();
});
