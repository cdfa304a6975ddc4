/** What the browser tests do with a page: sign in, call the API, wait, take pictures. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { password } from "./server.mjs";

const shots = process.env.SHOTS;

/** A page of a fresh browser context, with everything that went wrong in it. */
export async function openPage(browser) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Uncaught/.test(message.text())) {
      problems.push(message.text());
    }
  });
  return { page, problems };
}

export async function shot(page, name) {
  if (shots) {
    await page.screenshot({ path: join(shots, `${name}.png`) });
  }
}

/** Signs in on a server without projects. */
export async function signIn(page, server) {
  await page.goto(`${server.url}/console/`);
  await page.getByLabel("Name").fill("tester");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByText("No projects yet").waitFor();
}

/** A call of the API with the console's own session. */
export async function call(page, method, path, body) {
  const answer = await page.evaluate(
    async ([method, path, body]) => {
      const session = await (await fetch("/beckon/v1/session")).json();
      const headers = { "content-type": "application/json", "x-beckon-csrf": session.csrfToken };
      const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      return { ok: answer.ok, text: await answer.text() };
    },
    [method, path, body],
  );
  assert.ok(answer.ok, answer.text);
  return answer.text === "" ? undefined : JSON.parse(answer.text);
}

/** The text of an element once it satisfies `wanted`. */
export async function eventually(page, locator, wanted) {
  let text = "";
  for (let tries = 0; tries < 100; tries += 1) {
    text = (await locator.first().innerText({ timeout: 500 }).catch(() => "")).replaceAll(/\s+/g, " ");
    if (wanted.test(text)) {
      return text;
    }
    await page.waitForTimeout(200);
  }
  throw new assert.AssertionError({ message: `waited in vain for ${wanted}, last seen: ${text}` });
}

/** Whether the page stays within its window at the width of a phone. */
export async function fitsAPhone(page) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth + 1);
  await page.setViewportSize(before);
  assert.ok(fits, `${page.url()} scrolls sideways at 390 px`);
}
