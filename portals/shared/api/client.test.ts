import { expect, test } from "vitest";
import { answer, createClient, listAll, SERVICE_PATH } from "./client";

function clientOver(respond: (request: Request) => Response | Promise<Response>) {
  return createClient({
    origin: "http://control",
    token: () => "secret",
    fetch: async (input) => respond(input as Request),
  });
}

test("every call carries the service's address, the api-version and the token", async () => {
  const seen: Request[] = [];
  const client = clientOver((request) => {
    seen.push(request);
    return Response.json({ name: "échos;rev=2" }, { headers: { ETag: '"7"' } });
  });
  const path = { apiId: "échos;rev=2" };
  const { etag } = await answer(client.GET("/apis/{apiId}", { params: { path } }));
  const url = new URL(seen[0]?.url ?? "");
  expect(url.pathname).toBe(`${SERVICE_PATH}/apis/%C3%A9chos%3Brev%3D2`);
  expect(url.searchParams.get("api-version")).toBe("2024-05-01");
  expect(seen[0]?.headers.get("Authorization")).toBe("Bearer secret");
  expect(etag).toBe('"7"');
});

test("a failure is an ApiError, with or without an answer", async () => {
  const refuse = clientOver(() => Response.json({ error: { code: "Conflict", message: "no" } }, { status: 409 }));
  await expect(answer(refuse.GET("/gateways"))).rejects.toMatchObject({ status: 409, code: "Conflict" });
  const silent = clientOver(() => Promise.reject(new TypeError("Failed to fetch")));
  await expect(answer(silent.GET("/gateways"))).rejects.toMatchObject({ status: 0, code: "Unreachable" });
});

test("a list is read to its end", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const client = clientOver((request) => {
    const skip = Number(new URL(request.url).searchParams.get("$skip"));
    const value = names.slice(skip, skip + 2).map((name) => ({ name }));
    return Response.json({ value, nextLink: skip + 2 < names.length ? "http://control/next" : "" });
  });
  const items = await listAll((skip) => client.GET("/gateways", { params: { query: { $skip: skip } } }));
  expect(items.map((item) => item.name)).toEqual(names);
});
