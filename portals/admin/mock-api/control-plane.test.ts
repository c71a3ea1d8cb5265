//! The client and the mock agree on the wire form: what the pages are built on.
import { answer, createClient } from "@tollgate/portal-shared/api";
import { expect, test } from "vitest";
import { createMock } from "./control-plane";
import { walkThrough } from "./world";

function mockClient(token = "mock-token") {
  const respond = createMock(walkThrough());
  return createClient({ origin: "http://mock", token: () => token, fetch: (input) => respond(input as Request) });
}

const policyId = "policy";

test("a wrong token is refused", async () => {
  await expect(answer(mockClient("wrong").GET("/gateways"))).rejects.toMatchObject({ status: 401 });
});

test("a write that did not start from the current version is refused and changes nothing", async () => {
  const client = mockClient();
  const params = { path: { policyId }, query: { format: "rawxml" as const } };
  const first = await answer(client.GET("/policies/{policyId}", { params }));
  const put = (value: string, etag: string | undefined) =>
    answer(
      client.PUT("/policies/{policyId}", {
        params: { path: { policyId }, header: { "If-Match": etag } },
        body: { properties: { format: "rawxml", value } },
      }),
    );
  const second = await put("<policies><inbound /></policies>", first.etag);
  expect(second.etag).not.toBe(first.etag);
  await expect(put("<policies />", first.etag)).rejects.toMatchObject({ status: 412, code: "PreconditionFailed" });
  const stored = await answer(client.GET("/policies/{policyId}", { params }));
  expect(stored.data.properties?.value).toBe("<policies><inbound /></policies>");
});

test("findings come with their places, all at once", async () => {
  const value = "<policies>\n  <inbound>\n    <set-haeder />\n    <chose />\n  </inbound>\n</policies>";
  const params = { path: { policyId } };
  const refused = answer(mockClient().PUT("/policies/{policyId}", { params, body: { properties: { value } } }));
  const error = await refused.catch((cause) => cause);
  expect(error.policyFindings).toMatchObject([
    { element: "set-haeder", line: 3, column: 5 },
    { element: "chose", line: 4, column: 5 },
  ]);
});
