//! The one way to the management API: puts in what every call has in common (the service's address, api-version, the
//! token) and turns every failure into an `ApiError`. It knows no page and stores nothing.
import createOpenApiClient from "openapi-fetch";
import { ApiError, type ErrorDetail } from "./error";
import type { paths } from "./schema";

export const API_VERSION = "2024-05-01";

/** The default service: what a control plane of its own serves. Source: design, chapter 9. */
export const SERVICE_PATH =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/Microsoft.ApiManagement/service/tollgate";

export type Client = ReturnType<typeof createClient>;

/** `token` is asked at every call, so that signing in and out needs no new client. */
export function createClient(options: { origin: string; token: () => string | null; fetch?: typeof fetch }) {
  const client = createOpenApiClient<paths>({
    baseUrl: options.origin + SERVICE_PATH,
    querySerializer: (query) => new URLSearchParams(defined({ ...query, "api-version": API_VERSION })).toString(),
    // Looked up at every call: tests put another `fetch` in place.
    fetch: (request) => (options.fetch ?? globalThis.fetch)(request),
  });
  client.use({
    onRequest({ request }) {
      const token = options.token();
      if (token) request.headers.set("Authorization", `Bearer ${token}`);
      return request;
    },
  });
  return client;
}

/** What a write leaves behind. */
export interface Written {
  /** Of the resource, where it has one. */
  etag: string | undefined;
  /** The configuration revision that a write made. */
  revision: string | undefined;
}

export interface Answer<T> extends Written {
  data: T;
}

type FetchResult<T> = { data?: T; error?: unknown; response: Response };

/** The answer to a call, or an `ApiError`. */
export async function answer<T>(call: Promise<FetchResult<T>>): Promise<Answer<T>> {
  let result: FetchResult<T>;
  try {
    result = await call;
  } catch (cause) {
    throw ApiError.unreachable(cause);
  }
  if (!result.response.ok) throw ApiError.from(result.response.status, result.error as { error?: ErrorDetail });
  const header = (name: string) => result.response.headers.get(name) ?? undefined;
  return { data: result.data as T, etag: header("ETag"), revision: header("Tollgate-Revision") };
}

interface Page<T> {
  value?: T[];
  nextLink?: string | null;
}

/** A bound for lists that grow while they are read: 200 pages are 20,000 items of the server's page of 100. */
const MAX_PAGES = 200;

/**
 * All items of a list, page by page. `fetchPage` is given the number of items to skip.
 */
export async function listAll<T>(fetchPage: (skip: number) => Promise<FetchResult<Page<T>>>): Promise<T[]> {
  const items: T[] = [];
  for (let page = 0; page < MAX_PAGES; page++) {
    const { data } = await answer(fetchPage(items.length));
    items.push(...(data.value ?? []));
    if (!data.nextLink || !data.value?.length) break;
  }
  return items;
}

function defined(query: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(query)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}
