/** What runs do while they are watched in a browser: hooks, brakes, sweeps, recurrence, and what is foretold of them. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call as callOn, eventually as eventuallyOn, look as lookOn, openPage, signIn } from "./page.mjs";
import { startBrowser, startReceiver, startServer } from "./server.mjs";

let server;
let receiver;
let browser;
let page;
let problems;
let app;
let home;
let segment;
const call = (...words) => callOn(page, ...words);
const eventually = (...words) => eventuallyOn(page, ...words);
const look = (...words) => lookOn(page, ...words);

/** Leaves out every second person. */
function choose({ Endpoints }) {
  return Object.fromEntries(Object.entries(Endpoints).filter(([id]) => Number(id.split("-")[1]) % 2 === 0));
}

before(async () => {
  receiver = await startReceiver(choose);
  server = await startServer({ extra: `[functions]\nchoosy = "${receiver.url}"\n` });
  browser = await startBrowser();
  ({ page, problems } = await openPage(browser));
});

after(async () => {
  await browser?.close();
  await server?.stop();
  receiver?.stop();
});

const button = (name) => page.getByRole("button", { name, exact: true });
const main = () => page.locator("main").first();
const figure = (name) => page.getByRole("group", { name, exact: true }).first();
const tab = (name) => page.getByRole("tab", { name });
const next = () => button("Next").click();
const year = new Date().getUTCFullYear() + 1;
const zones = ["UTC", "Europe/Oslo", "Asia/Tokyo"];
const READERS = 30;
const BOUNCING = 100;

async function seed() {
  app = (await call("POST", "/v1/apps", { Name: "Bookshop" })).Id;
  home = `${server.url}/console/projects/${app}`;
  await call("PUT", `/v1/apps/${app}/channels/email`, {
    Enabled: true,
    FromAddress: "news@books.example",
    Identity: "arn:aws:ses:eu-west-1:000000000000:identity/books.example",
  });
  const readers = Array.from({ length: READERS }, (_, n) => ({
    Id: `r-${n}`,
    ChannelType: "EMAIL",
    Address: `reader${n}@mail.example`,
    OptOut: n === 7 ? "ALL" : "NONE",
    Attributes: { list: ["readers"] },
    Demographic: { Timezone: zones[n % zones.length] },
    User: { UserId: `u-${n}`, UserAttributes: n === 0 ? {} : { FirstName: [`Reader${n}`] } },
  }));
  const bouncing = Array.from({ length: BOUNCING }, (_, n) => ({
    Id: `b-${n}`,
    ChannelType: "EMAIL",
    Address: `bounce+${n}@simulator.amazonses.com`,
    Attributes: { list: ["bouncing"] },
  }));
  for (const Item of [readers, bouncing.slice(0, 50), bouncing.slice(50)]) {
    await call("PUT", `/v1/apps/${app}/endpoints`, { Item });
  }
  segment = await listed("readers");
}

async function listed(list) {
  const Dimensions = { Attributes: { list: { AttributeType: "INCLUSIVE", Values: [list] } } };
  return (await call("POST", `/v1/apps/${app}/segments`, { Name: list, Dimensions })).Id;
}

/** The wizard up to its schedule, with a written mail. */
async function upToSchedule(name, chosen = segment) {
  await page.goto(`${home}/campaigns/new?segment=${chosen}`);
  await page.getByLabel("Campaign name").fill(name);
  await next();
  await eventually(main(), /Exact, evaluated/);
  await next();
  await button("Write it here").click();
  await page.getByLabel("Subject").first().fill("News for {{User.UserAttributes.FirstName}}");
  await next();
}

async function launch(name) {
  await button("Launch the campaign").click();
  await page.getByRole("heading", { name }).first().waitFor();
  return page.url().split("/").at(-1);
}

/** A start next year, as the wizard takes it. */
async function startLater() {
  await page.getByLabel("Start date").fill(`${year}/03/01`);
  await page.getByLabel("Start time").fill("09:00");
}

/** Moves the start of a campaign to a moment from now. */
async function startSoon(id) {
  const { Schedule } = await call("GET", `/v1/apps/${app}/campaigns/${id}`);
  const StartTime = new Date(Date.now() + 3000).toISOString();
  await call("PUT", `/v1/apps/${app}/campaigns/${id}`, { Schedule: { ...Schedule, StartTime } });
}

test("runs", { timeout: 300_000 }, async (t) => {
  await signIn(page, server);
  await seed();

  await t.test("a hook leaves people out", async () => {
    await upToSchedule("Chosen few");
    await next();
    await page.getByRole("radio", { name: "A web address" }).click();
    await next();
    await page.getByText("Give an address that begins with https://.").waitFor();
    await page.getByRole("radio", { name: "A function" }).click();
    await page.getByLabel("Function name or ARN").fill("choosy");
    await look("hook-limits");
    await next();
    await eventually(main(), /Hook choosy/);
    await launch("Chosen few");
    await page.getByText("Everyone is accounted for").first().waitFor();
    await eventually(page.getByRole("table", { name: "Outcomes" }).first(), /Left out by the hook 14\b.* Opted out 1\b/);
    assert.ok(receiver.calls.every(({ Endpoints }) => Object.keys(Endpoints).length <= 50));
    await look("hook-run");
  });

  await t.test("why somebody gets it or not is said in plain words, also for another moment", async () => {
    await tab("People").click();
    await page.getByRole("textbox", { name: "Endpoint ID" }).fill("r-7");
    await page.keyboard.press("Enter");
    const rules = page.getByRole("list", { name: "Rules" });
    await eventually(rules, /The person opted out of messages to this endpoint\..* The hook choosy may leave the person out/);
    await eventually(rules, /Everyone gets the message; there is no holdout\./);
    await look("explain");
    await page.getByRole("button", { name: "Ask about another moment" }).click();
    await page.getByLabel("On", { exact: true }).fill(`${year}/03/01`);
    await page.getByLabel("At", { exact: true }).fill("09:00");
    await button("Ask for then").click();
    await page.getByText(new RegExp(`As things stand .*${year}`)).waitFor();
    await page.getByRole("button", { name: "Close the details" }).click();
    await page.getByRole("textbox", { name: "Endpoint ID" }).fill("b-1");
    await page.keyboard.press("Enter");
    await eventually(rules, /The person has list bouncing; the segment wants readers\./);
    await page.getByRole("button", { name: "Close the details" }).click();
  });

  await t.test("a brake stops a campaign whose mails bounce, and somebody lets it go on", async () => {
    await upToSchedule("Old addresses", await listed("bouncing"));
    await next();
    await page.getByLabel("Messages per second").fill("5");
    await page.getByLabel("Stop at bounces (percent)").fill("20");
    await page.getByLabel("Not before (messages)").fill("5");
    await next();
    await eventually(main(), /Stops at hard bounces 20%/);
    await launch("Old addresses");
    await page.getByText("The brake stopped this campaign").waitFor();
    await eventually(figure("Remaining"), /[1-9]/);
    await look("brake-pulled");
    await button("Go on").click();
    await page.getByRole("dialog").getByText(/hard bounces/).waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Go on", exact: true }).click();
    await page.getByText("The campaign goes on.").first().waitFor();
    await button("Pause").click();
    await eventually(main(), /Paused/);
  });

  await t.test("a sweep through everyone's own time is followed zone by zone", async () => {
    await upToSchedule("Good morning");
    await page.getByRole("radio", { name: /^Once, at a time/ }).click();
    await startLater();
    await page.getByRole("checkbox", { name: /everyone’s own time/ }).click();
    await eventually(page.getByRole("table", { name: "Time zones" }), /Asia\/Tokyo.*Europe\/Oslo/);
    await look("sweep-schedule");
    await next();
    await next();
    const id = await launch("Good morning");
    await startSoon(id);
    await eventually(main(), /1 of 3 time zones done/);
    await eventually(page.getByRole("table", { name: "Time zones" }).first(), /UTC 10 .* Done .*Asia\/Tokyo 10 .* Waits .*Europe\/Oslo 10 .* Waits/);
    await eventually(figure("Sent"), /\b10\b/);
    await look("sweep-run");
  });

  await t.test("each run of a recurring campaign can be looked at", async () => {
    await upToSchedule("On the hour");
    await page.getByRole("radio", { name: "Every hour" }).click();
    await startLater();
    await next();
    await next();
    const id = await launch("On the hour");
    for (const runs of [1, 2]) {
      await startSoon(id);
      let ended = [];
      while (ended.length < runs) {
        await page.waitForTimeout(200);
        ended = (await call("GET", `/beckon/v1/apps/${app}/campaigns/${id}/progress`)).runs.filter(({ ended }) => ended);
      }
      await call("DELETE", `/v1/apps/${app}/endpoints/r-${runs}`);
    }
    await page.reload();
    await eventually(main(), /Waiting for the next run/);
    await eventually(figure("Planned"), /\b29\b/);
    await page.getByRole("button", { name: /^Run / }).click();
    assert.equal(await page.getByRole("option").count(), 2);
    await page.getByRole("option").last().click();
    await eventually(figure("Planned"), /\b30\b/);
    await look("recurring-run");
    await tab("People").click();
    await page.getByLabel("Outcome").first().waitFor();
    await eventually(page.getByRole("table", { name: "People" }), /r-\d+/);
    await look("recurring-people");
  });

  await t.test("a dry run shows messages, hours and what is missing", async () => {
    const { Id } = await call("POST", `/v1/apps/${app}/campaigns`, {
      Name: "Foretold",
      SegmentId: segment,
      HoldoutPercent: 50,
      Schedule: { StartTime: "IMMEDIATE" },
      MessageConfiguration: {
        EmailMessage: { Title: "Hello {{User.UserAttributes.FirstName}}", HtmlBody: "<h1>Dear {{User.UserAttributes.FirstName}}</h1>{{User.UserAttributes.Nickname}}" },
      },
    });
    await page.goto(`${home}/campaigns/${Id}`);
    await page.getByText("Everyone is accounted for").first().waitFor();
    await tab("Dry runs").click();
    await button("Start a dry run").first().click();
    await page.getByText("What would become of everyone").waitFor();
    await eventually(page.getByRole("table", { name: "Variables without a value" }), /User\.UserAttributes\.Nickname \d+ r-\d+/);
    await eventually(page.frameLocator('iframe[title="Sample message"]').locator("h1"), /^Dear Reader\d+|^Dear ?$/);
    await page.getByRole("button", { name: "Next sample" }).click();
    await eventually(page.frameLocator('iframe[title="Sample message"]').locator("h1"), /^Dear Reader\d+/);
    assert.ok((await page.getByRole("application", { name: /hour of their own day/ }).count()) > 0);
    await look("dry-run-samples");
  });

  await t.test("a comparison is narrowed to the runs of some days", async () => {
    await page.getByRole("link", { name: "Foretold" }).first().click();
    await tab("Comparison").click();
    const opens = page.getByRole("table", { name: "Opens" });
    await eventually(opens, /not clear/i);
    await page.getByLabel("Until", { exact: true }).fill(`${year - 2}/02/01`);
    await eventually(opens, /nobody to compare/i);
    await page.getByLabel("From", { exact: true }).fill(`${year - 1}/01/01`);
    await page.getByText("The last day lies before the first.").waitFor();
    await look("comparison-days");
    await button("All runs").click();
    await eventually(opens, /not clear/i);
  });

  assert.deepEqual(problems, [], "nothing went wrong in the page");
});
