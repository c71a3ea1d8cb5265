//! What the mock control plane knows, typed by the same schema as the portal's client.
import type { components } from "@tollgate/portal-shared/api";

export type Schemas = components["schemas"];
export type GatewayProperties = NonNullable<Schemas["GatewayContract"]["properties"]>;
export type ApiProperties = NonNullable<Schemas["ApiContract"]["properties"]>;
export type OperationProperties = NonNullable<Schemas["OperationContract"]["properties"]>;
export type SubscriptionProperties = NonNullable<Schemas["SubscriptionContract"]["properties"]>;

export interface Stored<T> {
  properties: T;
  etag: string;
}

export interface Gateway extends Stored<GatewayProperties> {
  nodes: Schemas["GatewayNode"][];
  apis: Set<string>;
}

export interface Api extends Stored<ApiProperties> {
  operations: Map<string, Stored<OperationProperties>>;
}

export interface World {
  token: string;
  revision: number;
  gateways: Map<string, Gateway>;
  apis: Map<string, Api>;
  /** By scope: "", "apis/x", "apis/x/operations/y". */
  policies: Map<string, Stored<{ value: string }>>;
  subscriptions: Map<string, SubscriptionProperties>;
}

export const START_POLICY =
  "<policies>\n    <inbound />\n    <backend>\n        <forward-request />\n    </backend>\n    <outbound />\n    <on-error />\n</policies>\n";

const WALK_THROUGH = `<policies>
    <inbound>
        <base />
        <!-- The managed gateway allows five calls a minute; london is not limited. -->
        <choose>
            <when condition="@(context.Deployment.Gateway.Id == "managed" && context.Request.OriginalUrl.Host != "localhost")">
                <rate-limit-by-key calls="5" renewal-period="60" counter-key="@(context.Request.IpAddress)" />
            </when>
        </choose>
        <set-header name="X-Office" exists-action="override">
            <value>{{office}}</value>
        </set-header>
        <set-variable name="started" value="@{
            // Braces and quotes of C# do not end the value: "}"
            var now = DateTime.UtcNow;
            return now.ToString("o");
        }" />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound>
        <base />
    </outbound>
    <on-error>
        <base />
    </on-error>
</policies>
`;

/** The state of the walk-through: one API on both gateways, one node of each kind of trouble in Oslo. */
export function walkThrough(now = Date.now()): World {
  const revision = 42;
  const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();
  const node = (nodeId: string, change: Partial<Schemas["GatewayNode"]> = {}): Schemas["GatewayNode"] => ({
    nodeId,
    version: "0.1.0",
    address: "http://127.0.0.1:8090",
    firstSeen: ago(86_000),
    lastHeartbeat: ago(3),
    revision,
    digest: "9f2c1b7a40de",
    status: "online",
    failures: [],
    ...change,
  });
  const gateway = (name: string, description: string, nodes: Schemas["GatewayNode"][], apis: string[]): Gateway => ({
    properties: { locationData: { name }, description },
    etag: '"1"',
    nodes,
    apis: new Set(apis),
  });
  const trouble = {
    api: "orders",
    operation: "list-orders",
    code: "POLICY_UNKNOWN_BACKEND",
    message: "backend 'orders-eu' is not in this configuration",
    servingLastGood: true,
  };
  return {
    token: "mock-token",
    revision,
    gateways: new Map([
      [
        "managed",
        gateway(
          "",
          "Runs inside the control plane",
          [node("managed-1", { address: "http://127.0.0.1:8080" })],
          ["cat-facts", "orders"],
        ),
      ],
      ["london", gateway("London office", "Beside the warehouse system", [node("london-7c9f")], ["cat-facts"])],
      [
        "oslo",
        gateway(
          "Oslo",
          "",
          [
            node("oslo-1", { failures: [trouble] }),
            node("oslo-2", { status: "stale", revision: 41, lastHeartbeat: ago(40) }),
            node("oslo-3", { status: "offline", revision: 37, lastHeartbeat: ago(7_300) }),
          ],
          ["orders"],
        ),
      ],
    ]),
    apis: new Map([
      [
        "cat-facts",
        api("Cat facts", "cat-facts", "http://127.0.0.1:7090/cats", false, {
          fact: { displayName: "A fact", method: "GET", urlTemplate: "/fact" },
        }),
      ],
      [
        "orders",
        api("Orders", "orders/v1", "https://orders.internal.example", true, {
          "list-orders": { displayName: "List orders", method: "GET", urlTemplate: "/orders" },
          "get-order": { displayName: "Get an order", method: "GET", urlTemplate: "/orders/{id}" },
          "place-order": { displayName: "Place an order", method: "POST", urlTemplate: "/orders" },
          "cancel-order": { displayName: "Cancel an order", method: "DELETE", urlTemplate: "/orders/{id}" },
        }),
      ],
    ]),
    policies: new Map([
      ["", { properties: { value: START_POLICY }, etag: '"1"' }],
      ["apis/cat-facts/operations/fact", { properties: { value: WALK_THROUGH }, etag: '"1"' }],
    ]),
    subscriptions: new Map([
      ["master", { displayName: "Built-in all-access subscription", scope: "/apis", state: "active" }],
      ["app-1", { displayName: "Mobile app", scope: "/apis/orders", state: "active" }],
    ]),
  };
}

function api(
  displayName: string,
  path: string,
  serviceUrl: string,
  subscriptionRequired: boolean,
  operations: Record<string, OperationProperties>,
): Api {
  const protocols: ("http" | "https")[] = ["http", "https"];
  return {
    properties: { displayName, path, serviceUrl, protocols, subscriptionRequired, isCurrent: true },
    etag: '"1"',
    operations: new Map(Object.entries(operations).map(([id, properties]) => [id, { properties, etag: '"1"' }])),
  };
}
