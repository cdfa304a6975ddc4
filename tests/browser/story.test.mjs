/** The whole story in a browser: from signing in to the opened mail in the campaign's figures. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { eventually as eventuallyOn, openPage, shot as shotOf } from "./page.mjs";
import { password, startBrowser, startServer } from "./server.mjs";

let server;
let browser;
let page;
let problems;
const shot = (name) => shotOf(page, name);
const eventually = (...words) => eventuallyOn(page, ...words);

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  ({ page, problems } = await openPage(browser));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const button = (name) => page.getByRole("button", { name, exact: true });
const link = (name) => page.getByRole("link", { name, exact: true });
const main = () => page.locator("main").first();

test("the story", { timeout: 300_000 }, async (t) => {
  await t.test("sign in", async () => {
    await page.goto(`${server.url}/console/`);
    await page.getByLabel("Name").fill("tester");
    await page.getByLabel("Password").fill("not the password");
    await button("Sign in").click();
    await page.getByText("do not match").waitFor();
    await page.getByLabel("Password").fill(password);
    await button("Sign in").click();
    await page.getByText("No projects yet").waitFor();
  });

  await t.test("create a project", async () => {
    await button("Create a project").first().click();
    await page.getByLabel("Project name").fill("Bookshop");
    await page.getByRole("dialog").getByRole("button", { name: /^Create/ }).click();
    await link("Bookshop").first().click();
    await page.getByRole("heading", { name: "Bookshop" }).first().waitFor();
    await shot("overview");
  });

  await t.test("set up the sender", async () => {
    await link("Email channel").click();
    await page.getByLabel("From address").fill("Bookshop <news@books.example>");
    await button("Save").click();
    await page.getByText("The email channel was saved.").first().waitFor();
  });

  await t.test("upload a file with a broken row", async () => {
    const lines = ["ChannelType,Address,Id,User.UserId,User.UserAttributes.FirstName,Attributes.genre"];
    for (let n = 0; n < 60; n += 1) {
      lines.push(`EMAIL,reader${n}@mail.example,r-${n},u-${n},Reader${n},${n % 3 ? "crime" : "poetry"}`);
    }
    lines.push("PIGEON,coop,r-x,u-x,X,crime");
    const file = join(server.folder, "readers.csv");
    writeFileSync(file, `${lines.join("\n")}\n`);
    await link("Imports").click();
    await page.getByText("Import a file").first().click();
    await page.locator('input[type="file"]').setInputFiles(file);
    await page.getByText("User.UserAttributes.FirstName").first().waitFor();
    await shot("import");
    await button("Start the import").click();
    await eventually(main(), /Completed/);
    await eventually(main(), /readers[^ ]*\.csv:62/);
    await shot("import-job");
  });

  await t.test("build a segment and see its size", async () => {
    await link("Segments").click();
    await page.getByText("Create a segment").first().click();
    await page.getByLabel("Segment name").fill("Crime readers");
    await eventually(page.getByRole("status", { name: "Segment size" }), /60/);
    await button("Add a condition").click();
    await page.getByRole("menuitem", { name: "Endpoint attribute" }).click();
    await page.getByLabel("Attribute", { exact: true }).fill("genre");
    await page.keyboard.press("Enter");
    await page.getByLabel("Values").fill("crime");
    await page.keyboard.press("Enter");
    await eventually(page.getByRole("status", { name: "Segment size" }), /\b40\b/);
    await shot("segment-builder");
    await button("Create the segment").click();
    await page.getByRole("heading", { name: "Crime readers" }).first().waitFor();
  });

  await t.test("write a mail, preview it, send a test", async () => {
    await link("Templates").click();
    await page.getByText("Create a template").first().click();
    await page.getByLabel("Template name").fill("new-crime");
    await page.getByLabel("Subject").fill("New for you, {{User.UserAttributes.FirstName}}");
    await page.getByRole("button", { name: "Source" }).or(page.getByRole("tab", { name: "Source" })).first().click();
    await page.getByLabel("HTML source").click();
    await page.keyboard.insertText(
      '<p>Dear {{User.UserAttributes.FirstName}}, <a href="https://books.example/crime">look inside</a>.</p>',
    );
    await page.getByRole("button", { name: /Endpoint/ }).click();
    await page.getByLabel("Find an endpoint").fill("r-1");
    await page.getByRole("option", { name: /r-1/ }).first().click();
    await eventually(page.frameLocator("iframe").first().locator("body"), /Dear Reader1,/);
    await shot("template-editor");
    await button("Send a test").click();
    await shot("send-test");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Addresses").fill("me@books.example");
    await dialog.getByRole("button", { name: /^Send/ }).click();
    await dialog.getByText(/was sent/).first().waitFor();
    await dialog.getByRole("button", { name: /Close|Done|Cancel/ }).first().click();
    await button("Create the template").click();
    await page.getByText("new-crime").first().waitFor();
  });

  await t.test("launch a campaign through the wizard", async () => {
    await link("Campaigns").click();
    await page.getByText("Create a campaign").first().click();
    await page.getByLabel("Campaign name").fill("Crime week");
    await button("Next").click();
    await page.getByRole("button", { name: /^Segment / }).click();
    await page.getByRole("option", { name: /Crime readers/ }).click();
    await eventually(main(), /\b40\b/);
    await button("Next").click();
    await page.getByLabel("Holdout (percent)").fill("10");
    await page.getByRole("button", { name: /^Template / }).click();
    await page.getByRole("option", { name: /new-crime/ }).click();
    await shot("wizard-message");
    await button("Next").click();
    await button("Next").click();
    await button("Next").click();
    await shot("wizard-review");
    await button("Launch the campaign").click();
    await page.getByRole("heading", { name: "Crime week" }).first().waitFor();
    await eventually(main(), /Completed/);
    await shot("campaign");
  });

  await t.test("read the mail and follow its link", async () => {
    await link("Inbox").click();
    const subject = page.getByRole("link", { name: /New for you, Reader\d+/ });
    await subject.first().waitFor();
    await shot("inbox");
    await subject.first().click();
    const mail = page.frameLocator("iframe").first();
    await eventually(mail.locator("body"), /Dear Reader\d+,/);
    await shot("message");
    const target = await mail.getByRole("link", { name: "look inside" }).getAttribute("href");
    const answer = await fetch(target, { redirect: "manual" });
    assert.equal(answer.status, 302);
    assert.equal(answer.headers.get("location"), "https://books.example/crime");
  });

  await t.test("see it in the figures", async () => {
    await link("Campaigns").click();
    await link("Crime week").click();
    await eventually(main(), /Clicked/);
    await eventually(page.getByRole("table", { name: "Treatments and holdout" }), /Holdout/);
    await shot("campaign-results");
  });

  await t.test("dark and narrow", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await shot("campaign-narrow");
    assert.ok(
      await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth + 1),
      "the page scrolls sideways at 390 px",
    );
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: /Dark|dark|theme|appearance/i }).first().click();
    await shot("campaign-dark");
  });

  assert.deepEqual(problems, [], "nothing went wrong in the page");
});
