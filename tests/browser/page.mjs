/** What the browser tests do with a page: sign in, call the API, wait, take pictures. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { consoleFolder, password } from "./server.mjs";

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

/**
 * Looks at a screen as its readers do: it names its controls and shows its texts clearly in light
 * and dark, and it fits a phone. Pictures of all three are kept where they are asked for.
 */
export async function look(page, name) {
  await shotWhole(page, name);
  await isAccessible(page, name);
  await page.getByRole("button", { name: "Use the dark theme" }).click();
  await shotWhole(page, `${name}-dark`);
  await isAccessible(page, `${name} in the dark`, ["color-contrast"]);
  await page.getByRole("button", { name: "Use the light theme" }).click();
  await fitsAPhone(page, `${name}-narrow`);
}

async function shotWhole(page, name) {
  if (shots) {
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
}

const axe = readFileSync(createRequire(resolve(consoleFolder, "package.json")).resolve("axe-core"), "utf8");

/** Holds the page against the rules of accessibility that a machine can check, or some of them. */
export async function isAccessible(page, name, rules) {
  if (!(await page.evaluate(() => "axe" in window))) {
    await page.evaluate(axe);
  }
  const found = await page.evaluate(async (rules) => {
    // What fades in is not seen yet.
    const fading = document.getAnimations().filter((it) => it.effect?.getTiming().iterations !== Infinity);
    await Promise.allSettled(fading.map((it) => it.finished));
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];
    const { violations } = await window.axe.run(document, {
      runOnly: rules ?? tags,
      resultTypes: ["violations"],
      iframes: false,
    });
    return violations
      .filter(({ impact }) => ["serious", "critical"].includes(impact))
      .map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 3).map((node) => node.html.slice(0, 200)) }));
  }, rules);
  assert.deepEqual(found, [], `${name} is accessible`);
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
export async function fitsAPhone(page, name) {
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.waitForTimeout(300);
  const fits = await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth + 1);
  if (name !== undefined) {
    await shotWhole(page, name);
  }
  await page.setViewportSize(before);
  assert.ok(fits, `${page.url()} scrolls sideways at 390 px`);
}
