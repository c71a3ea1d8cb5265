//! A control plane in one function from `Request` to `Response`, for tests and for work on the portal without one. It
//! keeps the wire form (addresses, status codes, ETags, errors), and as little behind it as the pages need.
import { SERVICE_PATH } from "@tollgate/portal-shared/api";
import { policyFindings } from "./policy-findings";
import { minutes } from "./report";
import { type Api, type Gateway, type Schemas, START_POLICY, type Stored, type World, walkThrough } from "./world";

/** A refusal in the error form of the management API. */
class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly extra: { hint?: string; details?: Schemas["ErrorDetail"][] } = {},
  ) {
    super(message);
  }
}

interface Call {
  world: World;
  method: string;
  query: URLSearchParams;
  ifMatch: string | null;
  /** The decoded segments that the route's pattern left open. */
  names: string[];
  /** The body's `properties`, or the body itself where it has none. */
  // biome-ignore lint/suspicious/noExplicitAny: the mock trusts its one caller, which is typed
  body: any;
}

type Handler = (call: Call) => Response;

const ROUTES: [RegExp, Handler][] = [
  [/^gateways$/, listGateways],
  [/^gateways\/([^/]+)$/, oneGateway],
  [/^gateways\/([^/]+)\/nodes$/, (call) => Response.json({ value: nodesOf(gatewayOf(call), call.world.revision) })],
  [/^gateways\/([^/]+)\/deployment$/, deployment],
  [/^gateways\/([^/]+)\/regenerateKey$/, (call) => gatewayOf(call) && new Response(null, { status: 204 })],
  [/^gateways\/([^/]+)\/apis$/, listMembers],
  [/^gateways\/([^/]+)\/apis\/([^/]+)$/, membership],
  [/^apis$/, listApis],
  [/^apis\/([^/]+)$/, oneApi],
  [/^apis\/([^/]+)\/operations$/, listOperations],
  [/^apis\/([^/]+)\/operations\/([^/]+)$/, oneOperation],
  [/^(?:(apis\/[^/]+(?:\/operations\/[^/]+)?)\/)?policies\/policy$/, policy],
  [/^subscriptions$/, listSubscriptions],
  [/^subscriptions\/([^/]+)\/listSecrets$/, (call) => Response.json({ primaryKey: `key-of-${call.names[0]}` })],
  [/^reports\/byTime$/, byTime],
  [/^testCall$/, testCall],
];

export function createMock(world: World = walkThrough()) {
  return async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    try {
      if (request.headers.get("Authorization") !== `Bearer ${world.token}`) {
        throw new Refusal(401, "AuthenticationFailed", "The token is not valid.");
      }
      if (!url.searchParams.has("api-version")) {
        throw new Refusal(400, "MissingApiVersionParameter", "The api-version query parameter is required.");
      }
      const path = decodeURIComponent(url.pathname.slice(SERVICE_PATH.length + 1));
      const text = await request.text();
      const json = text ? JSON.parse(text) : {};
      for (const [pattern, handler] of ROUTES) {
        const match = pattern.exec(path);
        if (!match) continue;
        return handler({
          world,
          method: request.method,
          query: url.searchParams,
          ifMatch: request.headers.get("If-Match"),
          names: match.slice(1),
          body: json.properties ?? json,
        });
      }
      throw new Refusal(404, "ResourceNotFound", `There is no ${path}.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { code, message, extra } = error;
      return Response.json({ error: { code, message, ...extra } }, { status: error.status });
    }
  };
}

function nameOf(call: Call, index = 0): string {
  return call.names[index] ?? "";
}

function found<T>(map: Map<string, T>, id: string, kind: string): T {
  const one = map.get(id);
  if (!one) throw new Refusal(404, "ResourceNotFound", `${kind} not found.`);
  return one;
}

const gatewayOf = (call: Call): Gateway => found(call.world.gateways, nameOf(call), "Gateway");

const apiOf = (call: Call): Api => found(call.world.apis, nameOf(call), "Api");

/** A page of a list, in the server's order: by name. */
function page(call: Call, items: object[]): Response {
  const skip = Number(call.query.get("$skip") ?? 0);
  const top = Number(call.query.get("$top") ?? 100);
  const more = skip + top < items.length;
  const nextLink = more ? `http://mock${SERVICE_PATH}?api-version=2024-05-01&$skip=${skip + top}` : undefined;
  return Response.json({ value: items.slice(skip, skip + top), count: items.length, nextLink });
}

/** Compares the ETag, stores, and answers as a PUT or PATCH does. */
function write<T extends object>(call: Call, map: Map<string, Stored<T>>, id: string, fresh: Stored<T>): Response {
  const before = map.get(id);
  if (before && call.ifMatch && call.ifMatch !== "*" && call.ifMatch !== before.etag) {
    throw new Refusal(412, "PreconditionFailed", "Resource was modified since last retrieval.");
  }
  call.world.revision += 1;
  const properties = call.method === "PATCH" ? { ...before?.properties, ...fresh.properties } : fresh.properties;
  const stored = { ...fresh, ...before, properties, etag: `"${call.world.revision}"` };
  map.set(id, stored);
  return Response.json(
    { name: id, properties },
    {
      status: before ? 200 : 201,
      headers: { ETag: stored.etag, "Tollgate-Revision": String(call.world.revision) },
    },
  );
}

function read(id: string, stored: Stored<object>, properties: object = stored.properties): Response {
  return Response.json({ name: id, properties }, { headers: { ETag: stored.etag } });
}

function remove<T>(map: Map<string, T>, id: string): Response {
  map.delete(id);
  return new Response(null, { status: 204 });
}

/** Nodes that are there beat, and apply every revision at once. */
function nodesOf(gateway: Gateway, revision: number): Schemas["GatewayNode"][] {
  const lastHeartbeat = new Date().toISOString();
  return gateway.nodes.map((node) => (node.status === "online" ? { ...node, revision, lastHeartbeat } : node));
}

function gatewayProperties(gateway: Gateway) {
  const online = gateway.nodes.filter((node) => node.status === "online");
  const current = online.filter((node) => node.failures.length === 0);
  const nodes = { online: online.length, current: current.length, total: gateway.nodes.length };
  return { ...gateway.properties, nodes };
}

function listGateways(call: Call): Response {
  const own = [...call.world.gateways].filter(([id]) => id !== "managed");
  return page(
    call,
    own.map(([name, gateway]) => ({ name, properties: gatewayProperties(gateway) })),
  );
}

function oneGateway(call: Call): Response {
  const { gateways } = call.world;
  const id = nameOf(call);
  if (call.method === "PUT") {
    return write(call, gateways as Map<string, Stored<object>>, id, {
      properties: call.body,
      etag: "",
      nodes: [],
      apis: new Set(),
    } as Stored<object>);
  }
  if (call.method === "DELETE") return remove(gateways, id);
  const gateway = gatewayOf(call);
  return read(id, gateway, gatewayProperties(gateway));
}

function deployment(call: Call): Response {
  gatewayOf(call);
  const id = nameOf(call);
  const expiry = call.query.get("expiry") ?? new Date(Date.now() + 30 * 86_400_000).toISOString();
  const token = `GatewayKey ${id}&${expiry.replace(/\D/g, "").slice(0, 12)}&c2lnbmF0dXJlLW9mLXRoZS1tb2Nr`;
  const body: Schemas["GatewayDeployment"] = {
    envConf: `config.service.endpoint=https://control.example:7443/gateways/${id}\nconfig.service.auth=${token}\n`,
    docker: `docker run -d -p 80:8080 -p 443:8081 --name ${id} --env-file env.conf tollgate gateway`,
    command: "tollgate gateway --env-file env.conf",
    expiry,
    kubernetes: `apiVersion: v1\nkind: Secret\nmetadata:\n  name: ${id}-token\nstringData:\n  value: "${token}"\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: ${id}\n`,
  };
  return Response.json(body);
}

function listMembers(call: Call): Response {
  const members = [...gatewayOf(call).apis];
  return page(
    call,
    members.map((name) => ({ name, properties: call.world.apis.get(name)?.properties })),
  );
}

function membership(call: Call): Response {
  const { apis } = gatewayOf(call);
  const apiId = nameOf(call, 1);
  const api = found(call.world.apis, apiId, "Api");
  if (call.method === "DELETE") {
    apis.delete(apiId);
    return new Response(null, { status: 204 });
  }
  const status = apis.has(apiId) ? 200 : 201;
  apis.add(apiId);
  return Response.json({ name: apiId, properties: api.properties }, { status });
}

function listApis(call: Call): Response {
  const apis = [...call.world.apis].map(([name, { properties }]) => ({ name, properties }));
  return page(call, apis);
}

function oneApi(call: Call): Response {
  const { apis, gateways } = call.world;
  const id = nameOf(call);
  if (call.method === "DELETE") return remove(apis, id);
  if (call.method === "GET") return read(id, apiOf(call));
  const taken = [...apis].find(([other, { properties }]) => other !== id && properties.path === call.body.path);
  if (taken) {
    throw new Refusal(400, "ValidationError", "One or more fields contain incorrect values:", {
      details: [
        {
          code: "ValidationError",
          target: "path",
          message: `API '${taken[0]}' has the path '${call.body.path}' already.`,
        },
      ],
      hint: "Choose another path, or change that of the other API.",
    });
  }
  if (!apis.has(id)) gateways.get("managed")?.apis.add(id);
  const fresh = { properties: call.body, etag: "", operations: new Map() };
  return write(call, apis as Map<string, Stored<object>>, id, fresh);
}

function listOperations(call: Call): Response {
  const operations = [...apiOf(call).operations].map(([name, { properties }]) => ({ name, properties }));
  return page(call, operations);
}

function oneOperation(call: Call): Response {
  const { operations } = apiOf(call);
  const id = nameOf(call, 1);
  if (call.method === "PUT") return write(call, operations, id, { properties: call.body, etag: "" });
  if (call.method === "DELETE") return remove(operations, id);
  return read(id, found(operations, id, "Operation"));
}

function policy(call: Call): Response {
  const { policies } = call.world;
  const scope = call.names[0] ?? "";
  if (call.method === "DELETE") {
    if (scope !== "") return remove(policies, scope);
    policies.set(scope, { properties: { value: START_POLICY }, etag: `"${++call.world.revision}"` });
    return new Response(null, { status: 204 });
  }
  if (call.method === "GET") return read("policy", found(policies, scope, "Policy"));
  const details = policyFindings(call.body.value);
  if (details.length > 0) {
    throw new Refusal(400, "ValidationError", "One or more fields contain incorrect values:", { details });
  }
  return write(call, policies, scope, { properties: call.body, etag: "" });
}

function listSubscriptions(call: Call): Response {
  return page(
    call,
    [...call.world.subscriptions].map(([name, properties]) => ({ name, properties })),
  );
}

function byTime(call: Call): Response {
  const filter = call.query.get("$filter") ?? "";
  const time = (operator: string) => {
    const literal = new RegExp(`timestamp ${operator} datetime'([^']+)'`).exec(filter)?.[1];
    if (!literal) throw new Refusal(400, "ValidationError", "The filter needs bounds of time.");
    return Date.parse(`${literal}Z`);
  };
  const gatewayId = /gatewayId eq '([^']+)'/.exec(filter)?.[1] ?? "";
  const step = Number(/^PT(\d+)M$/.exec(call.query.get("interval") ?? "")?.[1]);
  const busy = (call.world.gateways.get(gatewayId)?.nodes.length ?? 0) > 0;
  return page(call, busy ? minutes(gatewayId, time("ge"), time("lt"), step) : []);
}

function testCall(call: Call): Response {
  const request: Schemas["TestCallRequest"] = call.body;
  const gateway = found(call.world.gateways, request.gatewayId, "Gateway");
  const node = gateway.nodes.find(({ status }) => status === "online");
  if (!node && !request.gatewayUrl) throw new Refusal(409, "Conflict", `No node of '${request.gatewayId}' is online.`);
  const runs = [...gateway.apis].some((id) => request.path.startsWith(`/${call.world.apis.get(id)?.properties.path}/`));
  const body = runs
    ? { fact: "A cat has 32 muscles in each ear.", length: 33 }
    : { statusCode: 404, message: "Resource not found" };
  const answer: Schemas["TestCallResponse"] = {
    status: runs ? 200 : 404,
    headers: [
      { name: "content-type", value: "application/json" },
      { name: "x-echo-key", value: request.headers?.["Ocp-Apim-Subscription-Key"] ? "present" : "absent" },
    ],
    body: JSON.stringify(body),
    durationMs: 3.7,
    url: `${request.gatewayUrl ?? node?.address}${request.path}`,
  };
  return Response.json(answer);
}
