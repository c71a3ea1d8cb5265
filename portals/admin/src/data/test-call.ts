//! A call to a gateway, made by the control plane: no CORS rule stands in the way.

import { queryOptions } from "@tanstack/react-query";
import { answer, type components, listAll } from "@tollgate/portal-shared/api";
import { client } from "./client";

export type TestCall = components["schemas"]["TestCallRequest"];
export type TestAnswer = components["schemas"]["TestCallResponse"];

export async function callGateway(call: TestCall): Promise<TestAnswer> {
  return (await answer(client.POST("/testCall", { body: call }))).data;
}

export interface Subscription {
  id: string;
  displayName: string;
  /** The short form: `/apis`, `/apis/{id}` or `/products/{id}`. */
  scope: string;
}

/** Subscriptions whose key works now. */
export const activeSubscriptionsQuery = queryOptions({
  queryKey: ["subscriptions", "active"],
  queryFn: async (): Promise<Subscription[]> => {
    const $filter = "state eq 'active'";
    const subscriptions = await listAll(($skip) =>
      client.GET("/subscriptions", { params: { query: { $filter, $skip } } }),
    );
    return subscriptions.map(({ name, properties }) => ({
      id: name ?? "",
      displayName: properties?.displayName || (name ?? ""),
      scope: shortScope(properties?.scope ?? ""),
    }));
  },
});

export async function primaryKey(subscriptionId: string): Promise<string> {
  const path = { sid: subscriptionId };
  const { data } = await answer(client.POST("/subscriptions/{sid}/listSecrets", { params: { path } }));
  return data.primaryKey ?? "";
}

/** What follows the service in a full id: `/subscriptions/…/service/tollgate/products/starter` → `/products/starter`. */
export function shortScope(scope: string): string {
  return scope.replace(/^.*\/service\/[^/]+/, "") || "/";
}
