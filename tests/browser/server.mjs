/** Runs the real server for a browser test, and a browser. */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = process.env.BECKON ?? "target/debug/beckon";
export const consoleFolder = process.env.CONSOLE ?? "console";

export const password = "browser-test-password";

/** A receiver of calls on loopback: `answer(call)` gives the JSON that it says. */
export const startReceiver = (answer = () => ({})) =>
  new Promise((resolve) => {
    const calls = [];
    const receiver = createHttpServer((request, response) => {
      let text = "";
      request.on("data", (chunk) => (text += chunk));
      request.on("end", () => {
        const body = text === "" ? undefined : JSON.parse(text);
        if (request.method === "POST") {
          calls.push(body);
        }
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(answer(body)));
      });
    });
    receiver.listen(0, "127.0.0.1", () => {
      const url = `http://127.0.0.1:${receiver.address().port}/`;
      resolve({ url, calls, stop: () => receiver.close() });
    });
  });

const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

const run = (words, input) =>
  new Promise((resolve, reject) => {
    const child = spawn(binary, words);
    child.stdin.end(input);
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.stderr.on("data", (chunk) => (text += chunk));
    child.once("exit", (code) => (code === 0 ? resolve(text) : reject(new Error(text))));
  });

/**
 * A server with a console account, and what stops it: on a fresh data folder, or on that of an
 * earlier one, with `extra` in its configuration.
 */
export async function startServer({ earlier, extra = "" } = {}) {
  const folder = earlier?.folder ?? mkdtempSync(join(tmpdir(), "beckon-browser-"));
  const url = `http://127.0.0.1:${await freePort()}`;
  const config = join(folder, "beckon.toml");
  writeFileSync(config, `[server]\nlisten = "${url.slice(7)}"\npublic_url = "${url}"\n${extra}`);
  const data = join(folder, "data");
  const common = ["--config", config, "--data", data];
  if (!earlier) {
    const create = ["users", "create", "tester", "--policy", "admin", "--password-stdin", ...common];
    await run(create, `${password}\n`);
  }
  const child = spawn(binary, ["serve", ...common], { stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  child.stdout.on("data", (chunk) => (log += chunk));
  child.stderr.on("data", (chunk) => (log += chunk));
  for (let tries = 0; ; tries += 1) {
    if (child.exitCode !== null || tries > 600) {
      throw new Error(`the server does not answer:\n${log}`);
    }
    const ready = await fetch(`${url}/health`).catch(() => undefined);
    if (ready?.ok) {
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.kill("SIGTERM");
    });
  return { url, folder, stop, log: () => log };
}

/** A headless Chromium, driven by the console's copy of Playwright. */
export const startBrowser = () =>
  createRequire(resolve(consoleFolder, "package.json"))("playwright-core").chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
