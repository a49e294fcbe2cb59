// Every view, as it looks in light, in the dark and on a phone, and whether all can use it.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { Tab, begin, end } from "./support.js";

const VIEWS = {
  configs: "", timeline: "#/c/app.yaml", version: "#/c/app.yaml/v/7", "first-version": "#/c/app.yaml/v/1", compare: "#/c/app.yaml/diff/1/7",
  content: "#/c/app.yaml/blame/7", values: "#/c/app.yaml/values?key=db.pool", keys: "#/c/app.yaml/values", edit: "#/c/app.yaml/edit", new: "#/new",
  search: "#/find?text=pool", "no-hits": "#/find?text=nowhere", activity: "#/activity", hostile: "#/c/hostile.yaml/v/1", missing: "#/c/none.yaml",
};
const LOOKS = {
  light: {},
  dark: { colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 800 }, isMobile: true, hasTouch: true },
};

let folder, server, browser;

before(async () => {
  ({ folder, server, browser } = await begin());
});

after(() => end({ folder, server, browser }));

for (const [look, options] of Object.entries(LOOKS)) {
  test(`every view can be read and used: ${look}`, async () => {
    const tab = await Tab.open(browser, server.url, { ...options, expected: [/status of 404/] });
    for (const [name, hash] of Object.entries(VIEWS)) {
      await tab.go(hash);
      await tab.look(`${name}-${look}`);
    }
    await tab.go("#/c/app.yaml/v/2");
    await tab.page.getByRole("button", { name: "Roll back to this" }).click();
    await tab.page.getByRole("dialog").waitFor();
    await tab.look(`rollback-${look}`);
    await tab.close();
  });
}

test("one page has one heading of the first rank, a main part and names for its parts", async () => {
  const tab = await Tab.open(browser, server.url);
  for (const hash of ["", "#/c/app.yaml", "#/activity"]) {
    await tab.go(hash);
    assert.equal(await tab.page.locator("h1").count(), 1);
    assert.equal(await tab.page.getByRole("main").count(), 1);
    assert.equal(await tab.page.getByRole("navigation", { name: "Main" }).count(), 1);
  }
  await tab.close();
});
