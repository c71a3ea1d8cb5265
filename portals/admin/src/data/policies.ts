//! Policy documents at the three scopes that the editor knows.

import { queryOptions } from "@tanstack/react-query";
import { ApiError, answer, type Written } from "@tollgate/portal-shared/api";
import { client } from "./client";

/** Where a document applies: everywhere, to an API, or to one operation of it. */
export interface Scope {
  apiId?: string;
  operationId?: string;
}

export interface PolicyDocument {
  text: string;
  /** Absent: nothing is stored at this scope yet, and `text` is what inherits everything. */
  etag: string | undefined;
}

export const INHERIT_ALL = `<policies>
    <inbound>
        <base />
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

const policyId = "policy";
const format = "rawxml";

export const policyQuery = (scope: Scope) =>
  queryOptions({
    queryKey: ["policies", scope],
    queryFn: () => readPolicy(scope),
    // A refresh behind the editor's back would not be seen; a save tells of a conflict. A new editor loads anew.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

async function readPolicy(scope: Scope): Promise<PolicyDocument> {
  try {
    const { data, etag } = await answer(get(scope));
    return { text: data.properties?.value ?? "", etag };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return { text: INHERIT_ALL, etag: undefined };
    throw error;
  }
}

/**
 * Stores a document. `etag` is that of the version it was made from: a later one by somebody else answers 412. `"*"`
 * writes over whatever is there. The answer has the ETag of the new version.
 */
export async function savePolicy(scope: Scope, text: string, etag: string | undefined): Promise<Written> {
  return answer(put(scope, text, etag));
}

/** Removes the document: the scope inherits everything again, the widest scope has its start document back. */
export async function deletePolicy({ apiId, operationId }: Scope): Promise<void> {
  const header = { "If-Match": "*" };
  if (apiId && operationId) {
    const params = { path: { apiId, operationId, policyId }, header };
    await answer(client.DELETE("/apis/{apiId}/operations/{operationId}/policies/{policyId}", { params }));
  } else if (apiId) {
    await answer(client.DELETE("/apis/{apiId}/policies/{policyId}", { params: { path: { apiId, policyId }, header } }));
  } else {
    await answer(client.DELETE("/policies/{policyId}", { params: { path: { policyId }, header } }));
  }
}

function get({ apiId, operationId }: Scope) {
  const query = { format } as const;
  if (apiId && operationId) {
    const path = { apiId, operationId, policyId };
    return client.GET("/apis/{apiId}/operations/{operationId}/policies/{policyId}", { params: { path, query } });
  }
  if (apiId) return client.GET("/apis/{apiId}/policies/{policyId}", { params: { path: { apiId, policyId }, query } });
  return client.GET("/policies/{policyId}", { params: { path: { policyId }, query } });
}

function put({ apiId, operationId }: Scope, value: string, etag: string | undefined) {
  const header = { "If-Match": etag };
  const body = { properties: { format, value } } as const;
  if (apiId && operationId) {
    const params = { path: { apiId, operationId, policyId }, header };
    return client.PUT("/apis/{apiId}/operations/{operationId}/policies/{policyId}", { params, body });
  }
  if (apiId) {
    return client.PUT("/apis/{apiId}/policies/{policyId}", { params: { path: { apiId, policyId }, header }, body });
  }
  return client.PUT("/policies/{policyId}", { params: { path: { policyId }, header }, body });
}
