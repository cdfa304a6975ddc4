/** Campaigns in a browser: made with every step of the wizard, tried, followed, explained, compared, changed. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call as callOn, eventually as eventuallyOn, fitsAPhone, openPage, shot as shotOf, signIn } from "./page.mjs";
import { startBrowser, startServer } from "./server.mjs";

let server;
let browser;
let page;
let problems;
const shot = (name) => shotOf(page, name);
const call = (...words) => callOn(page, ...words);
const eventually = (...words) => eventuallyOn(page, ...words);

const READERS = 40;

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
const tab = (name) => page.getByRole("tab", { name });
const main = () => page.locator("main").first();
const figure = (name) => page.getByRole("group", { name, exact: true }).first();
const next = () => button("Next").click();

/** A project with 40 readers, half of them in Oslo and half in Tokyo, each with an address. */
async function seed() {
  const app = (await call("POST", "/v1/apps", { Name: "Bookshop" })).Id;
  await call("PUT", `/v1/apps/${app}/channels/email`, {
    Enabled: true,
    FromAddress: "news@books.example",
    Identity: "arn:aws:ses:eu-west-1:000000000000:identity/books.example",
  });
  const readers = Array.from({ length: READERS }, (_, n) => ({
    Id: `r-${n}`,
    ChannelType: "EMAIL",
    Address: `reader${n}@mail.example`,
    Demographic: { Timezone: n % 2 ? "Europe/Oslo" : "Asia/Tokyo" },
    User: { UserId: `u-${n}`, UserAttributes: { FirstName: [`Reader${n}`] } },
  }));
  await call("PUT", `/v1/apps/${app}/endpoints`, { Item: readers });
  const segment = await call("POST", `/v1/apps/${app}/segments`, { Name: "Readers", Dimensions: {} });
  return { app, segment: segment.Id };
}

/** The wizard up to its schedule: name, segment, and a written message. */
async function upToSchedule(home, { name, segment, holdout = "0", treatments = 1 }) {
  await page.goto(`${home}/campaigns/new?segment=${segment}`);
  await page.getByLabel("Campaign name").fill(name);
  await next();
  await eventually(main(), /Exact, evaluated/);
  await next();
  await button("Write it here").click();
  await page.getByLabel("Subject").first().fill("New for you, {{User.UserAttributes.FirstName}}");
  await page.getByLabel("Holdout (percent)").fill(holdout);
  for (let more = 1; more < treatments; more += 1) {
    await button("Add a treatment to compare").click();
  }
  await next();
}

test("campaigns", { timeout: 400_000 }, async (t) => {
  await signIn(page, server);
  const { app, segment } = await seed();
  const home = `${server.url}/console/projects/${app}`;

  await t.test("a schedule in everyone's own time is shown before it is made", async () => {
    await upToSchedule(home, { name: "Morning news", segment, holdout: "10", treatments: 2 });
    await page.getByRole("radio", { name: "Every day" }).click();
    await next();
    await page.getByText("Give a date and a time.").first().waitFor();
    const year = new Date().getUTCFullYear() + 1;
    await page.getByLabel("Start date").fill(`${year}/03/01`);
    await page.getByLabel("Start time").fill("09:00");
    await page.getByRole("checkbox", { name: /everyone’s own time/ }).click();
    await page.getByLabel("Quiet from").fill("22:00");
    await page.getByLabel("Quiet until").fill("07:00");
    const heat = page.getByRole("table", { name: "People reached by the hour of their own day" });
    await eventually(heat, /20/);
    assert.equal(await page.getByRole("list", { name: "Next runs" }).locator("li").count(), 10);
    await eventually(page.getByRole("table", { name: "Time zones" }), /Asia\/Tokyo.*Europe\/Oslo/);
    await shot("wizard-schedule");
    await fitsAPhone(page);
    await page.getByRole("checkbox", { name: "Treatment B is sent at another time" }).click();
    await page.getByLabel("Start time").last().fill("18:00");
    await next();
    await page.getByLabel("Canary (percent)").fill("10");
    await page.getByLabel("Stop at bounces (percent)").fill("5");
    await shot("wizard-limits");
    await next();
    await eventually(main(), /Every day from \d+-03-01 09:00 .*in everyone's own time/);
    await eventually(main(), /10%, then 60 minutes of waiting/);
    await button("Launch the campaign").click();
    await page.getByRole("heading", { name: "Morning news" }).first().waitFor();
    await eventually(main(), /Scheduled/);
    await eventually(main(), /The campaign begins/);
  });

  await t.test("is paused, resumed and edited", async () => {
    await button("Pause").click();
    await eventually(main(), /Paused/);
    await button("Resume").click();
    await eventually(main(), /Scheduled/);
    await page.getByRole("link", { name: "Edit", exact: true }).click();
    await page.getByLabel("Campaign name").fill("Evening news");
    for (let step = 0; step < 5; step += 1) {
      await next();
      await page.waitForTimeout(200);
    }
    await button("Save the changes").click();
    await page.getByRole("heading", { name: "Evening news" }).first().waitFor();
    await tab("Configuration").click();
    await eventually(main(), /10%, then 60 minutes of waiting/);
    await shot("campaign-configuration");
  });

  await t.test("a dry run says what would become of everyone", async () => {
    await upToSchedule(home, { name: "Crime week", segment, holdout: "20", treatments: 2 });
    await next();
    await next();
    await button("Start a dry run").click();
    await page.getByText("What would become of everyone").waitFor();
    await eventually(figure("Planned"), /40/);
    await eventually(page.getByRole("table", { name: "Outcomes" }), /Holdout/);
    await shot("wizard-dry-run");
    await button("Launch the campaign").click();
    await page.getByRole("heading", { name: "Crime week" }).first().waitFor();
  });

  await t.test("the run accounts for everyone", async () => {
    await page.getByText("Everyone is accounted for").first().waitFor();
    const outcomes = page.getByRole("table", { name: "Outcomes" }).first();
    await eventually(outcomes, /Sent/);
    await eventually(page.getByRole("table", { name: "Treatments" }).first(), /A .*B /);
    const number = async (name) => Number(/\d+/.exec((await figure(name).innerText()).replace(name, ""))[0]);
    assert.equal(await number("Planned"), READERS);
    assert.equal((await number("Sent")) + (await number("Skipped")), READERS);
    await button("Verify this run").click();
    await page.getByText("The run adds up").waitFor();
    await shot("campaign-run");
    await fitsAPhone(page);
  });

  await t.test("people are listed, explained and kept as a segment", async () => {
    await tab("People").click();
    await page.getByRole("button", { name: /^Explain r-\d+/ }).first().click();
    const rules = page.getByRole("list", { name: "Rules" }).first();
    await eventually(rules, /opt/i);
    await shot("campaign-explain");
    await page.getByRole("button", { name: "Close the details" }).click();
    await rules.waitFor({ state: "detached" });
    await button("User").click();
    await page.getByRole("textbox", { name: "User ID" }).fill("u-3");
    await page.keyboard.press("Enter");
    await eventually(page.getByRole("heading", { name: "Why, for u-3" }), /u-3/);
    await eventually(page.getByRole("list", { name: "Rules" }), /opt/i);
    await fitsAPhone(page);
    await page.getByRole("button", { name: "Close the details" }).click();
    await button("Save as a segment").click();
    await page.getByRole("dialog").getByLabel("Segment name").fill("Got it");
    await page.getByRole("dialog").getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("link", { name: "Got it" }).first().waitFor();
  });

  await t.test("treatments are compared with the holdout", async () => {
    await tab("Comparison").click();
    await eventually(page.getByRole("table", { name: "Opens" }), /not clear|nobody to compare/i);
    await shot("campaign-comparison");
    await fitsAPhone(page);
  });

  await t.test("a dry run of a campaign that ran tells the difference", async () => {
    await tab("Dry runs").click();
    await button("Start a dry run").first().click();
    await page.getByText("What would become of everyone").waitFor();
    await page.getByText("Against the real run").waitFor();
    await shot("dry-run");
    await fitsAPhone(page);
  });

  await t.test("is copied, and deleted once that was agreed to", async () => {
    await page.goto(`${home}/campaigns`);
    await page.getByRole("link", { name: "Crime week", exact: true }).click();
    await page.getByRole("link", { name: "Copy to a new campaign" }).click();
    await page.getByLabel("Campaign name").waitFor();
    assert.equal(await page.getByLabel("Campaign name").inputValue(), "Crime week (copy)");
    for (let step = 0; step < 5; step += 1) {
      await next();
      await page.waitForTimeout(200);
    }
    await button("Launch the campaign").click();
    await page.getByRole("heading", { name: "Crime week (copy)" }).first().waitFor();
    await page.getByText("Everyone is accounted for").first().waitFor();
    await button("Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel", exact: true }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await button("Delete").click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("Campaign Crime week (copy) was deleted.").first().waitFor();
  });

  await t.test("a canary holds the others until somebody lets them go", async () => {
    await upToSchedule(home, { name: "Careful news", segment });
    await next();
    await page.getByLabel("Canary (percent)").fill("10");
    await page.getByLabel("Then wait (minutes)").fill("0");
    await next();
    await button("Launch the campaign").click();
    await page.getByText("The canary is out, the others wait").waitFor();
    await eventually(figure("Sent"), /\b4\b/);
    await eventually(figure("Remaining"), /\b36\b/);
    await shot("campaign-held");
    await fitsAPhone(page);
    await button("Go on").click();
    await page.getByRole("dialog").getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByText("Everyone is accounted for").first().waitFor();
    await eventually(figure("Sent"), /\b40\b/);
  });

  await t.test("the list says when each campaign is sent", async () => {
    await page.goto(`${home}/campaigns`);
    await eventually(page.getByRole("table", { name: "Campaigns" }), /Every day from/);
    await page.getByPlaceholder("Find campaigns").fill("Careful");
    await page.getByText("1 match").first().waitFor();
    await shot("campaigns");
    await fitsAPhone(page);
  });

  await t.test("an in-app message waits for its event", async () => {
    await page.goto(`${home}/campaigns/new?segment=${segment}`);
    await page.getByLabel("Campaign name").fill("Welcome");
    await page.getByRole("radio", { name: /In-app message/ }).click();
    await next();
    await page.waitForTimeout(200);
    await next();
    await button("Write it here").click();
    await page.getByLabel("Heading").fill("Two for one");
    await next();
    await page.getByLabel("Events").fill("cart.add");
    await page.keyboard.press("Enter");
    const year = new Date().getUTCFullYear() + 1;
    await page.getByLabel("Start date").fill(`${year}/03/01`);
    await page.getByLabel("Start time").fill("09:00");
    await page.getByLabel("End date").fill(`${year}/04/01`);
    await page.getByLabel("End time").fill("09:00");
    await next();
    await page.getByLabel("Messages per session").fill("1");
    await next();
    await eventually(main(), /cart\.add/);
    await shot("wizard-in-app");
    await button("Launch the campaign").click();
    await page.getByRole("heading", { name: "Welcome" }).first().waitFor();
    await eventually(main(), /Scheduled/);
  });

  assert.deepEqual(problems, [], "nothing went wrong in the page");
});
