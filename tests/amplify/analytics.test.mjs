/**
 * Amplify's analytics as an app uses them, its user a guest of an identity pool. Nothing is changed
 * but where the original's host names lead to.
 */
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { Amplify } from "aws-amplify";
import { flushEvents, identifyUser, record } from "aws-amplify/analytics";
import { password, startServer } from "../browser/server.mjs";

const REGION = "us-east-1";
const HOSTS = [`pinpoint.${REGION}.amazonaws.com`, `cognito-identity.${REGION}.amazonaws.com`];
const POOL = `${REGION}:11111111-2222-3333-4444-555555555555`;

let server;
let admin;
let app;
const calls = [];
const direct = globalThis.fetch;

/** What a name server would do: the request goes to Beckon, signed for the original's host. */
function redirect(url, { method = "GET", headers = {}, body } = {}) {
  const target = new URL(url);
  assert.ok(HOSTS.includes(target.host), target.host);
  const { hostname, port } = new URL(server.url);
  const given = Object.fromEntries(new Headers(headers));
  return new Promise((resolve, reject) => {
    const path = target.pathname + target.search;
    const sent = request({ hostname, port, method, path, headers: { ...given, host: target.host } }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        calls.push({ method, path, status: answer.statusCode });
        const found = { status: answer.statusCode, headers: answer.headers };
        resolve(new Response(Buffer.concat(parts), found));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** A call by the session of an administrator. */
async function call(method, path, body) {
  const answer = await admin(method, path, body);
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.json();
}

async function eventually(ask, wanted) {
  for (let tries = 0; ; tries += 1) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined && wanted(found)) {
      return found;
    }
    assert.ok(tries < 150, `waited in vain; calls: ${JSON.stringify(calls)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Signs the administrator in; answers what calls in the session. */
async function signIn() {
  const opened = await direct(`${server.url}/beckon/v1/session`, {
    method: "POST",
    body: JSON.stringify({ name: "tester", password }),
  });
  const cookie = opened.headers.get("set-cookie").split(";")[0];
  const { csrfToken } = await opened.json();
  return (method, path, body) =>
    direct(`${server.url}${path}`, {
      method,
      headers: { cookie, "x-beckon-csrf": csrfToken },
      body: body && JSON.stringify(body),
    });
}

before(async () => {
  const earlier = await startServer();
  server = earlier;
  admin = await signIn();
  app = (await call("POST", "/v1/apps", { Name: "app" })).Id;
  await earlier.stop();
  server = await startServer({ earlier, extra: `[identity_pools]\n"${POOL}" = "${app}"\n` });
  admin = await signIn();

  globalThis.fetch = redirect;
  Amplify.configure({
    Auth: { Cognito: { identityPoolId: POOL, allowGuestAccess: true } },
    Analytics: { Pinpoint: { appId: app, region: REGION, flushInterval: 100 } },
  });
});

after(() => server?.stop());

test("a user is identified", async () => {
  await identifyUser({
    userId: "ada",
    userProfile: {
      name: "Ada",
      email: "ada@mail.example",
      plan: "gold",
      location: { city: "Lima", country: "PE", latitude: -12.05, longitude: -77.04 },
      customProperties: { interests: ["shoes", "hats"] },
      metrics: { orders: 3 },
    },
    options: { userAttributes: { level: ["7"] } },
  });
  const found = await eventually(
    () => call("GET", `/v1/apps/${app}/users/ada`),
    (user) => user.Item.length === 1,
  );
  const [endpoint] = found.Item;
  assert.equal(endpoint.User.UserId, "ada");
  assert.deepEqual(endpoint.User.UserAttributes.level, ["7"]);
  assert.deepEqual(endpoint.Attributes.interests, ["shoes", "hats"]);
  assert.equal(endpoint.Metrics.orders, 3);
  assert.equal(endpoint.Location.City, "Lima");
});

test("events arrive", async () => {
  for (const color of ["red", "blue"]) {
    record({ name: "view", attributes: { color }, metrics: { price: 12.5 } });
  }
  flushEvents();
  const end = new Date(Date.now() + 60_000).toISOString();
  const start = new Date(Date.now() - 86_400_000).toISOString();
  const path = `/beckon/v1/apps/${app}/analytics/events?start=${start}&end=${end}`;
  const found = await eventually(
    () => call("GET", path),
    ({ types }) => types.some(({ type, count }) => type === "view" && count === 2),
  );
  assert.ok(found);
  assert.ok(calls.every(({ status }) => status < 300), JSON.stringify(calls));
});
