/** Campaigns of every channel in a browser, made with the wizard, each into the inbox or a receiver. */
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

before(async () => {
  receiver = await startReceiver();
  server = await startServer({ extra: `[functions]\noffers = "${receiver.url}"\n` });
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
const next = () => button("Next").click();
const year = new Date().getUTCFullYear() + 1;

const people = [
  ["ada", "EMAIL", "ada@mail.example"],
  ["bob", "EMAIL", "bob@mail.example"],
  ["phone-ada", "SMS", "+4791234567"],
  ["phone-bob", "SMS", "+4791234568"],
  ["device-ada", "GCM", "token-ada"],
  ["device-bob", "GCM", "token-bob"],
  ["chat-ada", "CUSTOM", "ada#1"],
  ["chat-bob", "CUSTOM", "bob#1"],
];

async function seed() {
  app = (await call("POST", "/v1/apps", { Name: "Bookshop" })).Id;
  home = `${server.url}/console/projects/${app}`;
  await call("PUT", `/v1/apps/${app}/channels/email`, {
    Enabled: true,
    FromAddress: "news@books.example",
    Identity: "arn:aws:ses:eu-west-1:000000000000:identity/books.example",
  });
  await call("PUT", `/v1/apps/${app}/channels/sms`, { Enabled: true, SenderId: "BOOKS" });
  await call("PUT", `/v1/apps/${app}/channels/gcm`, { Enabled: true, ApiKey: `AAAA${"x".repeat(148)}` });
  const endpoints = people.map(([Id, ChannelType, Address]) => {
    const name = Id.split("-").at(-1);
    return { Id, ChannelType, Address, User: { UserId: name, UserAttributes: { FirstName: [name] } } };
  });
  await call("PUT", `/v1/apps/${app}/endpoints`, { Item: endpoints });
  segment = (await call("POST", `/v1/apps/${app}/segments`, { Name: "Readers", Dimensions: {} })).Id;
}

/** The wizard up to its message. */
async function upToMessage(name, channel) {
  await page.goto(`${home}/campaigns/new?segment=${segment}`);
  await page.getByLabel("Campaign name").fill(name);
  await page.getByRole("radio", { name: channel }).click();
  await next();
  await eventually(main(), /Exact, evaluated/);
  await next();
}

async function launch(name) {
  await button("Launch the campaign").click();
  await page.getByRole("heading", { name }).first().waitFor();
}

/** Moves the start of a campaign that waits for events to a minute ago: the wizard asks for one ahead. */
async function startNow() {
  const id = page.url().split("/").at(-1);
  const { Schedule } = await call("GET", `/v1/apps/${app}/campaigns/${id}`);
  const StartTime = new Date(Date.now() - 60_000).toISOString();
  await call("PUT", `/v1/apps/${app}/campaigns/${id}`, { Schedule: { ...Schedule, StartTime } });
  return id;
}

test("channels", { timeout: 300_000 }, async (t) => {
  await signIn(page, server);
  await seed();

  await t.test("an event brings its message, and the run page counts it", async () => {
    await upToMessage("Forgotten cart", /^Email/);
    await button("Write it here").click();
    await page.getByLabel("Subject").first().fill("Still interested, {{User.UserAttributes.FirstName}}?");
    await next();
    await page.getByRole("radio", { name: /When an event happens/ }).click();
    await next();
    await page.getByText("Name at least one event.").first().waitFor();
    await page.getByLabel("Events").fill("cart.add");
    await page.keyboard.press("Enter");
    await button("Add an attribute").click();
    await page.getByLabel("Event attribute").fill("genre");
    await page.getByLabel("Attribute values").fill("crime");
    await page.keyboard.press("Enter");
    await button("Add a metric").click();
    await page.getByLabel("Event metric").fill("price");
    await page.getByLabel("Metric value").fill("10");
    await page.getByLabel("Start date").fill(`${year}/03/01`);
    await page.getByLabel("Start time").fill("09:00");
    await look("event-schedule");
    await next();
    await next();
    await eventually(main(), /On events from \d+-03-01 09:00/);
    await eventually(main(), /cart\.add/);
    await look("event-review");
    await launch("Forgotten cart");
    await eventually(main(), /The campaign waits for events from/);
    await startNow();
    await eventually(main(), /has waited for events since/);
    const event = (metric) => ({
      EventType: "cart.add",
      Timestamp: new Date().toISOString(),
      Attributes: { genre: "crime" },
      Metrics: { price: metric },
    });
    await call("POST", `/v1/apps/${app}/events`, {
      BatchItem: {
        ada: { Endpoint: {}, Events: { cheap: event(5), dear: event(15) } },
        bob: { Endpoint: {}, Events: { dear: event(20) } },
      },
    });
    await eventually(figure("Sent"), /\b2\b/);
    await eventually(figure("Remaining"), /\b0\b/);
    await eventually(main(), /Events have set off 2 messages/);
    await look("event-run");
    await page.goto(`${home}/inbox`);
    await page.getByRole("link", { name: "Still interested, ada?" }).waitFor();
  });

  await t.test("a push notification", async () => {
    await upToMessage("New on your phone", /^Push/);
    await button("Write it here").click();
    await page.getByLabel("Title").fill("For you, {{User.UserAttributes.FirstName}}");
    await page.getByLabel("Text", { exact: true }).fill("A new crime story has come in.");
    await page.getByRole("radio", { name: "Opens a web page" }).click();
    await page.getByLabel("Address", { exact: true }).fill("https://books.example/crime");
    await page.getByRole("button", { name: /^Show it for/ }).click();
    await page.getByLabel("Find an endpoint").fill("device-ada");
    await page.getByRole("option", { name: /device-ada/ }).first().click();
    await eventually(page.getByRole("group", { name: "Preview of the message" }), /^For you, ada A new crime story/);
    await look("push-message");
    for (let step = 0; step < 3; step += 1) {
      await next();
    }
    await launch("New on your phone");
    await page.getByText("Everyone is accounted for").first().waitFor();
    await eventually(figure("Sent"), /\b2\b/);
    await eventually(page.getByRole("table", { name: "Outcomes" }).first(), /Other channel .*6/);
    await look("push-run");
    await page.goto(`${home}/inbox`);
    await page.getByRole("link", { name: "For you, ada" }).click();
    await page.getByRole("heading", { name: "On the device" }).waitFor();
    await page.getByText("https://books.example/crime").first().waitFor();
    await look("push-in-the-inbox");
  });

  await t.test("a text message", async () => {
    await upToMessage("By text", /^SMS|^Text message/);
    await button("Write it here").click();
    await page.getByLabel("Text", { exact: true }).fill("Hello {{User.UserAttributes.FirstName}}, new stories: books.example");
    await page.getByText(/one part/).waitFor();
    await page.getByRole("button", { name: "Sender and registration" }).click();
    await page.getByLabel("Sender ID").fill("CRIME");
    await look("sms-message");
    for (let step = 0; step < 3; step += 1) {
      await next();
    }
    await launch("By text");
    await page.getByText("Everyone is accounted for").first().waitFor();
    await eventually(figure("Sent"), /\b2\b/);
    await page.goto(`${home}/inbox`);
    await page.getByRole("link", { name: /Hello ada/ }).click();
    await page.getByText("GSM (7 bits)").waitFor();
    await page.getByText("CRIME", { exact: true }).first().waitFor();
    await look("sms-in-the-inbox");
  });

  await t.test("a custom channel hands people to its receiver", async () => {
    await upToMessage("To the chat", /^Custom/);
    await next();
    await page.getByText("Give the address of a webhook").first().waitFor();
    await page.getByLabel("Webhook or function").fill("offers");
    await page.getByLabel("Data").fill('{"offer": 7}');
    await look("custom-message");
    for (let step = 0; step < 3; step += 1) {
      await next();
    }
    await eventually(main(), /Handed to offers/);
    await launch("To the chat");
    await page.getByText("Everyone is accounted for").first().waitFor();
    await eventually(figure("Sent"), /\b2\b/);
    const told = receiver.calls.flatMap(({ Endpoints }) => Object.keys(Endpoints)).sort();
    assert.deepEqual(told, ["chat-ada", "chat-bob"]);
    assert.equal(receiver.calls[0].Data, '{"offer": 7}');
    await look("custom-run");
  });

  await t.test("an in-app message is fetched by the app", async () => {
    await upToMessage("Welcome back", /In-app message/);
    await button("Write it here").click();
    await page.getByLabel("Heading").fill("Two for one");
    await page.getByLabel("Text", { exact: true }).fill("All of this week.");
    await page.getByLabel("First button").fill("Show me");
    await page.getByRole("group", { name: "Preview of the card" }).getByText("Show me").waitFor();
    await look("in-app-message");
    await next();
    await page.getByLabel("Events").fill("_session.start");
    await page.keyboard.press("Enter");
    await page.getByLabel("Start date").fill(`${year}/03/01`);
    await page.getByLabel("Start time").fill("09:00");
    await page.getByLabel("End date").fill(`${year}/04/01`);
    await page.getByLabel("End time").fill("09:00");
    await next();
    await page.getByLabel("Messages per session").fill("1");
    await next();
    await launch("Welcome back");
    await eventually(main(), /apps fetch the message and show it/);
    await startNow();
    await look("in-app-run");
    const fetched = async () =>
      (await call("GET", `/v1/apps/${app}/endpoints/ada/inappmessages`)).InAppMessageCampaigns ?? [];
    let messages = [];
    while (messages.length === 0) {
      await page.waitForTimeout(200);
      messages = await fetched();
    }
    assert.equal(messages[0].InAppMessage.Content[0].HeaderConfig.Header, "Two for one");
    assert.equal(messages[0].SessionCap, 1);
  });

  assert.deepEqual(problems, [], "nothing went wrong in the page");
});
