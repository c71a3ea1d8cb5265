//! Every link of the portal is built here. A page that moves changes one line, and its snapshot.

type Search = Record<string, string | undefined>;

function path(parts: string[], search: Search = {}): string {
  const query = new URLSearchParams(Object.entries(search).filter((entry): entry is [string, string] => !!entry[1]));
  const address = `/${parts.map(encodeURIComponent).join("/")}`;
  return query.size > 0 ? `${address}?${query}` : address;
}

export const paths = {
  signIn: (search?: { next?: string; ended?: string }) => path(["sign-in"], search),

  gateways: () => path(["gateways"]),
  addGateway: () => path(["add-gateway"]),
  gateway: (gatewayId: string) => path(["gateways", gatewayId]),
  gatewayDeployment: (gatewayId: string) => path(["gateways", gatewayId, "deployment"]),
  gatewayNodes: (gatewayId: string) => path(["gateways", gatewayId, "nodes"]),
  gatewayApis: (gatewayId: string) => path(["gateways", gatewayId, "apis"]),

  apis: () => path(["apis"]),
  addApi: () => path(["add-api"]),
  api: (apiId: string) => path(["apis", apiId]),
  addOperation: (apiId: string) => path(["apis", apiId, "add-operation"]),
  operation: (apiId: string, operationId: string) => path(["apis", apiId, "operations", operationId]),
  apiPolicy: (apiId: string, search?: { operation?: string }) => path(["apis", apiId, "policy"], search),
  apiGateways: (apiId: string) => path(["apis", apiId, "gateways"]),
  apiTest: (apiId: string, search?: { operation?: string; gateway?: string }) => path(["apis", apiId, "test"], search),
  apiSettings: (apiId: string) => path(["apis", apiId, "settings"]),

  globalPolicy: () => path(["policy"]),
};
