//! Gateways: the managed one and those of the user's own, their nodes, deployment and APIs.

import { queryOptions } from "@tanstack/react-query";
import { ApiError, answer, type components, listAll } from "@tollgate/portal-shared/api";
import { client } from "./client";

export type GatewayNode = components["schemas"]["GatewayNode"];
export type NodeCounts = components["schemas"]["GatewayNodeCounts"];
export type KeyType = "primary" | "secondary";

/** The gateway that belongs to the control plane itself; it cannot be made, changed or deleted. */
export const MANAGED = "managed";

/** How often pages that watch nodes ask again. */
const WATCH_MS = 5_000;

export interface Gateway {
  id: string;
  location: string;
  description: string;
  nodes: NodeCounts;
  managed: boolean;
}

function gatewayOf(wire: components["schemas"]["GatewayContract"]): Gateway {
  const id = wire.name ?? "";
  return {
    id,
    location: wire.properties?.locationData?.name ?? "",
    description: wire.properties?.description ?? "",
    nodes: wire.properties?.nodes ?? { online: 0, current: 0, total: 0 },
    managed: id === MANAGED,
  };
}

async function getGateway(gatewayId: string): Promise<Gateway> {
  const { data } = await answer(client.GET("/gateways/{gatewayId}", { params: { path: { gatewayId } } }));
  return gatewayOf(data);
}

/** Every gateway, the managed one first. The list of Azure's form has only the self-hosted ones. */
async function listGateways(): Promise<Gateway[]> {
  const [managed, listed] = await Promise.all([
    getGateway(MANAGED).catch(nothingWhenAbsent),
    listAll(($skip) => client.GET("/gateways", { params: { query: { $skip } } })),
  ]);
  const own = listed.map(gatewayOf).filter((gateway) => !gateway.managed);
  return managed ? [managed, ...own] : own;
}

/** A control plane without a gateway of its own has no managed gateway. */
function nothingWhenAbsent(error: unknown): undefined {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
}

export const gatewaysQuery = queryOptions({
  queryKey: ["gateways"],
  queryFn: listGateways,
  refetchInterval: WATCH_MS,
});

export const gatewayQuery = (gatewayId: string) =>
  queryOptions({
    queryKey: ["gateways", gatewayId],
    queryFn: () => getGateway(gatewayId),
    refetchInterval: WATCH_MS,
  });

export const nodesQuery = (gatewayId: string) =>
  queryOptions({
    queryKey: ["gateways", gatewayId, "nodes"],
    queryFn: async () => {
      const { data } = await answer(client.GET("/gateways/{gatewayId}/nodes", { params: { path: { gatewayId } } }));
      return data.value;
    },
    refetchInterval: WATCH_MS,
  });

export async function addGateway(gateway: { id: string; location: string; description: string }): Promise<void> {
  await answer(
    client.PUT("/gateways/{gatewayId}", {
      params: { path: { gatewayId: gateway.id } },
      body: {
        properties: {
          // A location that is given has a name.
          locationData: gateway.location ? { name: gateway.location } : undefined,
          description: gateway.description,
        },
      },
    }),
  );
}

export async function deleteGateway(gatewayId: string): Promise<void> {
  await answer(
    client.DELETE("/gateways/{gatewayId}", { params: { path: { gatewayId }, header: { "If-Match": "*" } } }),
  );
}

/** The names of the APIs that a gateway runs. */
export const gatewayApisQuery = (gatewayId: string) =>
  queryOptions({
    queryKey: ["gateways", gatewayId, "apis"],
    queryFn: async () => {
      const apis = await listAll(($skip) =>
        client.GET("/gateways/{gatewayId}/apis", { params: { path: { gatewayId }, query: { $skip } } }),
      );
      return apis.map((api) => api.name ?? "");
    },
  });

/** Lets a gateway run an API, or no longer. */
export async function setMembership(gatewayId: string, apiId: string, member: boolean): Promise<void> {
  const params = { path: { gatewayId, apiId } };
  const body = { properties: { provisioningState: "created" } } as const;
  if (member) await answer(client.PUT("/gateways/{gatewayId}/apis/{apiId}", { params, body }));
  else await answer(client.DELETE("/gateways/{gatewayId}/apis/{apiId}", { params }));
}

/** The texts to start a node with. `token` says what key signs the token in them and until when it is good. */
export const deploymentQuery = (gatewayId: string, token?: { keyType: KeyType; expiry: string }) =>
  queryOptions({
    queryKey: ["gateways", gatewayId, "deployment", token],
    queryFn: async () => {
      const { data } = await answer(
        client.GET("/gateways/{gatewayId}/deployment", { params: { path: { gatewayId }, query: token } }),
      );
      return data;
    },
    // Every answer may hold another token: what is on the screen stays until the user asks for another.
    staleTime: Number.POSITIVE_INFINITY,
    // A token is not kept longer than its page.
    gcTime: 0,
  });

/** Tokens signed with this key fail at the next call. */
export async function regenerateKey(gatewayId: string, keyType: KeyType): Promise<void> {
  const path = { gatewayId };
  await answer(client.POST("/gateways/{gatewayId}/regenerateKey", { params: { path }, body: { keyType } }));
}

/** Whether the control plane takes the session's token. */
export async function checkToken(): Promise<void> {
  await answer(client.GET("/gateways", { params: { query: { $top: 1 } } }));
}
