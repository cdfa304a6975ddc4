/** The inbox in a browser: messages of every channel, found by channel, each read as it is met. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call as callOn, openPage, shot as shotOf, signIn } from "./page.mjs";
import { startBrowser, startServer } from "./server.mjs";

let server;
let browser;
let page;
const shot = (name) => shotOf(page, name);
const call = (...words) => callOn(page, ...words);

before(async () => {
  server = await startServer();
  browser = await startBrowser();
  ({ page } = await openPage(browser));
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const link = (name) => page.getByRole("link", { name, exact: true });
const open = async (name) => {
  await link(name).click();
  await page.getByRole("heading", { name: new RegExp(name) }).first().waitFor();
};

test("the inbox", { timeout: 180_000 }, async (t) => {
  await signIn(page, server);
  const app = (await call("POST", "/v1/apps", { Name: "Bookshop" })).Id;
  await call("PUT", `/v1/apps/${app}/channels/sms`, { Enabled: true, SenderId: "BOOKS" });
  await call("PUT", `/v1/apps/${app}/channels/voice`, { Enabled: true });
  await call("PUT", `/v1/apps/${app}/channels/gcm`, { Enabled: true, ApiKey: `AAAA${"x".repeat(148)}` });
  const sent = await call("POST", `/v1/apps/${app}/messages`, {
    Addresses: {
      "+4791234567": { ChannelType: "SMS" },
      "+14255550101": { ChannelType: "SMS" },
      "device-token": { ChannelType: "GCM" },
      "+4791234568": { ChannelType: "VOICE" },
    },
    MessageConfiguration: {
      SMSMessage: { Body: "Your order has left our house." },
      GCMMessage: { Title: "Your order has left", Body: "It arrives on Tuesday.", Action: "OPEN_APP" },
      VoiceMessage: { Body: "<speak>Your order has <emphasis>left</emphasis>.</speak>" },
    },
  });
  assert.equal(sent.Result["device-token"].DeliveryStatus, "SUCCESSFUL");

  await t.test("lists every channel, and one alone", async () => {
    await page.goto(`${server.url}/console/projects/${app}/inbox`);
    await page.getByText("device-token").waitFor();
    assert.equal(await page.locator("tbody tr").count(), 4);
    await shot("inbox-channels");
    await page.getByRole("button", { name: /^Channel/ }).click();
    await page.getByRole("option", { name: "Push" }).click();
    await page.getByText("+14255550101").waitFor({ state: "detached" });
    assert.equal(await page.locator("tbody tr").count(), 1);
  });

  await t.test("shows a push message", async () => {
    await open("Your order has left");
    await page.getByText("It arrives on Tuesday.").first().waitFor();
    await page.getByText('"pinpoint.openApp": "true"').waitFor();
    await shot("inbox-push");
  });

  await t.test("shows a text message", async () => {
    await page.goto(`${server.url}/console/projects/${app}/inbox`);
    await link("Your order has left our house.").first().click();
    await page.getByText("GSM (7 bits)").waitFor();
    await page.getByText("BOOKS", { exact: true }).first().waitFor();
    await shot("inbox-sms");
  });

  await t.test("shows a call", async () => {
    await page.goto(`${server.url}/console/projects/${app}/inbox`);
    await page.getByRole("link", { name: /emphasis/ }).click();
    await page.getByText("Spoken, as SSML").waitFor();
    await page.getByText("Joanna").waitFor();
    await shot("inbox-voice");
  });
});
