/**
 * Talks to the server: one function for the Pinpoint routes, one for the Beckon routes.
 *
 * Belongs: addresses, the session's CSRF header, errors.
 * Elsewhere: what the answers mean (`queries.ts`, the routes).
 */
import { operations } from "../generated/wire";
import type { OperationInputs, OperationName, OperationOutputs } from "../generated/wire";

/** A refusal by the server, or no answer at all (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    readonly requestId?: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

let csrfToken = "";

/** Remembers the token that every changing call of this session must carry. */
export function rememberCsrfToken(token: string): void {
  csrfToken = token;
}

/** The header that every changing call of this session must carry. */
export function csrfHeader(): Record<string, string> {
  return csrfToken === "" ? {} : { "x-beckon-csrf": csrfToken };
}

let onRefusal: () => void = () => undefined;

/** Has `listener` called whenever a call is refused, which may mean that the session ended. */
export function listenForRefusals(listener: () => void): () => void {
  onRefusal = listener;
  return () => {
    onRefusal = () => undefined;
  };
}

export type Query = Record<string, string | number | boolean | undefined>;

/** `path` with the query parameters that have a value. */
export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The error that an unsuccessful answer stands for. */
export function errorFrom(status: number, type: string | null, requestId: string | null, body: string): ApiError {
  let message: string;
  let id = requestId ?? undefined;
  try {
    const parsed = JSON.parse(body) as { Message?: string; message?: string; RequestID?: string };
    message = parsed.Message ?? parsed.message ?? "";
    id = parsed.RequestID ?? id;
  } catch {
    message = body.length < 300 ? body : "";
  }
  if (message === "") message = `The server answered ${status}.`;
  return new ApiError(status, type ?? "", message, id);
}

interface Options {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

async function send(path: string, options: Options): Promise<Response> {
  const method = options.method ?? "GET";
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") Object.assign(headers, csrfHeader());
  let body: string | undefined;
  if (options.body !== undefined) {
    headers["content-type"] = "application/json";
    body = JSON.stringify(options.body);
  }
  let response: Response;
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body,
      signal: options.signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "", "The server cannot be reached. Check that it is running, then try again.");
  }
  if (!response.ok) {
    const { headers: got } = response;
    if (response.status === 403 && !path.endsWith("/session")) onRefusal();
    throw errorFrom(response.status, got.get("x-amzn-errortype"), got.get("x-amzn-requestid"), await response.text());
  }
  return response;
}

/** Calls a route of the Beckon API; `path` is relative to `/beckon/v1`. */
export async function beckon<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(`/beckon/v1${path}`, options);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** A route of the Beckon API as plain text. */
export async function beckonText(path: string, signal?: AbortSignal): Promise<string> {
  return (await send(`/beckon/v1${path}`, { signal })).text();
}

type Input<N extends OperationName> = Omit<OperationInputs[N], never> & { signal?: AbortSignal };

interface LooseInput {
  path?: Record<string, string>;
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

/** Calls an operation of the Pinpoint API. */
export async function pinpoint<N extends OperationName>(name: N, input: Input<N>): Promise<OperationOutputs[N]> {
  const operation = operations[name];
  const { path: values = {}, query, body, signal } = input as LooseInput;
  const path = operation.path.replace(/\{([^}]+)\}/g, (_, key: string) => encodeURIComponent(values[key] ?? ""));
  const response = await send(path, { method: operation.method, query, body, signal });
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as OperationOutputs[N];
}
