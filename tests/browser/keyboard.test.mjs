/** The console without a mouse: a campaign made, launched, looked into and deleted by keys alone. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call as callOn, eventually as eventuallyOn, isAccessible, openPage, signIn } from "./page.mjs";
import { startBrowser, startServer } from "./server.mjs";

let server;
let browser;
let page;
let problems;
let home;
const call = (...words) => callOn(page, ...words);
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
const press = (key) => page.keyboard.press(key);

/** Stops on the way to a control. */
const STOPS_MAX = 150;

/** What has the focus, and whether a reader sees that it has: by a ring on it or right around it. */
function focused() {
  const element = document.activeElement;
  if (element === null || element === document.body) {
    return { name: "nothing", seen: true };
  }
  const ringed = (at, part) => {
    const { outlineStyle, outlineWidth, boxShadow, content } = getComputedStyle(at, part);
    const drawn = part === undefined || content !== "none";
    return drawn && ((outlineStyle !== "none" && outlineWidth !== "0px") || boxShadow !== "none");
  };
  const around = [element, element.parentElement, element.parentElement?.parentElement, element.parentElement?.parentElement?.parentElement];
  const seen = around.some((at) => at && [undefined, "::before", "::after"].some((part) => ringed(at, part)));
  const { left, top, right, bottom } = element.getBoundingClientRect();
  const inside = right > 0 && bottom > 0 && left < window.innerWidth && top < window.innerHeight;
  // What is inside a frame shows its own focus.
  return { name: element.outerHTML.slice(0, 200), seen: inside && (seen || element.tagName === "IFRAME") };
}

/** Goes on with Tab until `wanted` has the focus; every stop on the way must be seen. */
async function reach(wanted, key = "Tab") {
  for (let stops = 0; stops < STOPS_MAX; stops += 1) {
    await press(key);
    const { name, seen } = await page.evaluate(focused);
    assert.ok(seen, `the focus is not seen on ${name}`);
    if ((await wanted.count()) > 0 && (await wanted.first().evaluate((it) => it === document.activeElement))) {
      return;
    }
  }
  assert.fail(`${wanted} is not reached with ${key}, last: ${JSON.stringify(await page.evaluate(focused))}`);
}

async function next() {
  await reach(button("Next"));
  await press("Enter");
}

const hasFocus = async (locator) => {
  for (let tries = 0; tries < 100; tries += 1) {
    if ((await locator.count()) > 0 && (await locator.first().evaluate((it) => it === document.activeElement || it.contains(document.activeElement)))) {
      return;
    }
    await page.waitForTimeout(50);
  }
  assert.fail(`${locator} has no focus but ${JSON.stringify(await page.evaluate(focused))}`);
};

test("the keyboard", { timeout: 240_000 }, async (t) => {
  await signIn(page, server);
  const app = (await call("POST", "/v1/apps", { Name: "Bookshop" })).Id;
  home = `${server.url}/console/projects/${app}`;
  await call("PUT", `/v1/apps/${app}/channels/email`, {
    Enabled: true,
    FromAddress: "news@books.example",
    Identity: "arn:aws:ses:eu-west-1:000000000000:identity/books.example",
  });
  const people = Array.from({ length: 5 }, (_, n) => ({ Id: `r-${n}`, ChannelType: "EMAIL", Address: `reader${n}@mail.example` }));
  await call("PUT", `/v1/apps/${app}/endpoints`, { Item: people });
  await call("POST", `/v1/apps/${app}/segments`, { Name: "Readers", Dimensions: {} });

  await t.test("makes and launches a campaign", async () => {
    await page.goto(`${home}/campaigns`);
    await page.getByText("No campaigns yet").waitFor();
    await reach(link("Create a campaign").first());
    await press("Enter");
    await page.getByLabel("Campaign name").waitFor();
    await reach(page.getByLabel("Campaign name"));
    await page.keyboard.type("By hand");
    await reach(page.getByRole("radio", { name: /^Email/ }));
    await press("ArrowDown");
    await press("ArrowUp");
    assert.ok(await page.getByRole("radio", { name: /^Email/ }).isChecked());
    await next();
    await page.getByRole("button", { name: /^Segment / }).waitFor();
    await reach(page.getByRole("button", { name: /^Segment / }));
    await press("Enter");
    await page.getByRole("option", { name: /Readers/ }).waitFor();
    await press("ArrowDown");
    await press("Enter");
    await eventually(main(), /Exact, evaluated/);
    await next();
    await button("Use a template").waitFor();
    await reach(button("Use a template"));
    await press("ArrowRight");
    await press("Enter");
    await page.getByLabel("Subject").waitFor();
    await reach(page.getByLabel("Subject"));
    await page.keyboard.type("Hello");
    await next();
    await page.getByRole("radio", { name: /^At once/ }).waitFor();
    await next();
    await page.getByLabel("Canary (percent)").waitFor();
    await next();
    await button("Launch the campaign").waitFor();
    await reach(button("Launch the campaign"));
    await press("Enter");
    await page.getByRole("heading", { name: "By hand" }).first().waitFor();
    await page.getByText("Everyone is accounted for").first().waitFor();
  });

  await t.test("a panel takes the focus and gives it back", async () => {
    await reach(page.getByRole("tab", { name: "Results" }));
    await press("ArrowRight");
    await press("Enter");
    const explain = page.getByRole("button", { name: "Explain r-0" });
    await explain.waitFor();
    await reach(explain);
    await press("Enter");
    await page.getByRole("list", { name: "Rules" }).waitFor();
    await hasFocus(button("Close the details"));
    await press("Enter");
    await page.getByRole("list", { name: "Rules" }).waitFor({ state: "detached" });
    await hasFocus(explain);
  });

  await t.test("a question keeps the focus and gives it back", async () => {
    await reach(button("Delete"), "Shift+Tab");
    await press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    await hasFocus(dialog);
    await isAccessible(page, "a question");
    for (let stops = 0; stops < 8; stops += 1) {
      await press("Tab");
      await hasFocus(dialog);
    }
    await press("Escape");
    await dialog.waitFor({ state: "detached" });
    await hasFocus(button("Delete"));
    await press("Enter");
    await dialog.waitFor();
    await reach(dialog.getByRole("button", { name: "Delete", exact: true }));
    await press("Enter");
    const said = page.getByText("Campaign By hand was deleted.").first();
    await said.waitFor();
    await link("Segments").click();
    await page.getByRole("heading", { name: "Segments" }).first().waitFor();
    await said.waitFor({ state: "detached" });
  });

  await t.test("every screen names its controls", async () => {
    const campaign = await call("POST", `/v1/apps/${app}/campaigns`, {
      Name: "Seen",
      SegmentId: (await call("GET", `/v1/apps/${app}/segments`)).Item[0].Id,
      Schedule: { StartTime: "IMMEDIATE" },
      MessageConfiguration: { EmailMessage: { Title: "Hello", HtmlBody: "<p>x</p>" } },
    });
    const screens = {
      "": "Bookshop",
      "/endpoints": "Endpoints",
      "/segments": "Segments",
      "/segments/new": "segment",
      "/imports/new": "Import",
      "/campaigns": "Campaigns",
      [`/campaigns/${campaign.Id}/edit`]: "Edit",
      "/templates/new": "template",
      "/inbox": "Inbox",
      "/analytics/usage": "Usage",
      "/analytics/events": "Events",
    };
    for (const [path, title] of Object.entries(screens)) {
      await page.goto(home + path);
      await page.getByRole("heading", { name: new RegExp(title, "i") }).first().waitFor();
      await page.getByText(/^Loading/).waitFor({ state: "detached" }).catch(() => undefined);
      await isAccessible(page, path === "" ? "/" : path);
    }
  });

  assert.deepEqual(problems, [], "nothing went wrong in the page");
});
