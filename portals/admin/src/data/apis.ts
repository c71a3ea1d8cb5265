//! APIs and their operations.

import { queryOptions } from "@tanstack/react-query";
import { answer, type components, listAll } from "@tollgate/portal-shared/api";
import { client } from "./client";
import { MANAGED, setMembership } from "./gateways";

export type Protocol = "http" | "https";

export interface Api {
  id: string;
  displayName: string;
  description: string;
  path: string;
  serviceUrl: string;
  /** Also `ws` and `wss` for WebSocket APIs, which this portal does not make. */
  protocols: string[];
  subscriptionRequired: boolean;
  /** Where a caller puts the subscription key. */
  keyHeader: string;
}

/** What a form edits. */
export interface ApiFields {
  displayName: string;
  description: string;
  path: string;
  serviceUrl: string;
  protocols: Protocol[];
  subscriptionRequired: boolean;
}

export interface Operation {
  id: string;
  displayName: string;
  method: string;
  urlTemplate: string;
  description: string;
}

type ApiWire = components["schemas"]["ApiContract"];
type OperationWire = components["schemas"]["OperationContract"];

function apiOf({ name, properties }: ApiWire): Api {
  return {
    id: name ?? "",
    displayName: properties?.displayName ?? name ?? "",
    description: properties?.description ?? "",
    path: properties?.path ?? "",
    serviceUrl: properties?.serviceUrl ?? "",
    protocols: properties?.protocols ?? ["https"],
    subscriptionRequired: properties?.subscriptionRequired ?? true,
    keyHeader: properties?.subscriptionKeyParameterNames?.header ?? "Ocp-Apim-Subscription-Key",
  };
}

function operationOf({ name, properties }: OperationWire): Operation {
  return {
    id: name ?? "",
    displayName: properties?.displayName ?? name ?? "",
    method: properties?.method ?? "",
    urlTemplate: properties?.urlTemplate ?? "",
    description: properties?.description ?? "",
  };
}

/** The current revision of every API. */
export const apisQuery = queryOptions({
  queryKey: ["apis"],
  queryFn: async () => {
    const $filter = "isCurrent eq true";
    const apis = await listAll(($skip) => client.GET("/apis", { params: { query: { $filter, $skip } } }));
    return apis.map(apiOf);
  },
});

export const apiQuery = (apiId: string) =>
  queryOptions({
    queryKey: ["apis", apiId],
    queryFn: async () => apiOf((await answer(client.GET("/apis/{apiId}", { params: { path: { apiId } } }))).data),
  });

/**
 * Makes an API and has it run on exactly these gateways. A new API starts on the managed gateway.
 */
export async function addApi(apiId: string, fields: ApiFields, gateways: string[]): Promise<void> {
  await answer(client.PUT("/apis/{apiId}", { params: { path: { apiId } }, body: { properties: fields } }));
  if (!gateways.includes(MANAGED)) await setMembership(MANAGED, apiId, false);
  for (const gatewayId of gateways) {
    if (gatewayId !== MANAGED) await setMembership(gatewayId, apiId, true);
  }
}

/** Changes these fields of an API and leaves the others. */
export async function editApi(apiId: string, fields: ApiFields): Promise<void> {
  const params = { path: { apiId }, header: { "If-Match": "*" } };
  await answer(client.PATCH("/apis/{apiId}", { params, body: { properties: fields } }));
}

export async function deleteApi(apiId: string): Promise<void> {
  const params = { path: { apiId }, query: { deleteRevisions: true }, header: { "If-Match": "*" } };
  await answer(client.DELETE("/apis/{apiId}", { params }));
}

export const operationsQuery = (apiId: string) =>
  queryOptions({
    queryKey: ["apis", apiId, "operations"],
    queryFn: async () => {
      const operations = await listAll(($skip) =>
        client.GET("/apis/{apiId}/operations", { params: { path: { apiId }, query: { $skip } } }),
      );
      return operations.map(operationOf);
    },
  });

/** What a form edits. */
export type OperationFields = Omit<Operation, "id">;

/**
 * Makes an operation, or changes an existing one: what the form does not show (representations, examples, schemas)
 * stays, template parameters follow the URL template.
 */
export async function saveOperation(apiId: string, operationId: string, fields: OperationFields, isNew: boolean) {
  const path = { apiId, operationId };
  const address = "/apis/{apiId}/operations/{operationId}";
  const stored = isNew ? undefined : await answer(client.GET(address, { params: { path } }));
  const before = stored?.data.properties;
  const templateParameters = templateNames(fields.urlTemplate).map(
    (name) => before?.templateParameters?.find((one) => one.name === name) ?? { name, type: "string", required: true },
  );
  await answer(
    client.PUT(address, {
      params: { path, header: { "If-Match": stored?.etag } },
      body: { properties: { ...before, ...fields, templateParameters } },
    }),
  );
}

export async function deleteOperation(apiId: string, operationId: string): Promise<void> {
  const params = { path: { apiId, operationId }, header: { "If-Match": "*" } };
  await answer(client.DELETE("/apis/{apiId}/operations/{operationId}", { params }));
}

/** The names between braces, each once; a wildcard keeps its star. */
export function templateNames(urlTemplate: string): string[] {
  return [...new Set([...urlTemplate.matchAll(/\{([^{}]+)\}/g)].map(([, name = ""]) => name))];
}

/** An identifier made from a name that people read: "Cat facts" → "cat-facts". */
export function identifierFrom(displayName: string): string {
  return displayName
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 80);
}
