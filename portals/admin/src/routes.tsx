//! The site map. `pages/` mirrors it; links are built in `paths.ts`.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouterHistory,
  redirect,
} from "@tanstack/react-router";
import { ApiError } from "@tollgate/portal-shared/api";
import { RANGES, type Range } from "./data/reports";
import { session } from "./data/session";
import { GatewayList } from "./pages/gateways/GatewayList";
import { NotFound } from "./pages/NotFound";
import { RouteError } from "./pages/RouteError";
import { Shell } from "./pages/Shell";
import { paths } from "./paths";
import { oneOf, parseSearch, SORTS, stringifySearch, text } from "./search";

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound });

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (search) => ({ next: text(search.next), ended: text(search.ended) }),
  component: lazyRouteComponent(() => import("./pages/SignIn"), "SignIn"),
});

/** Everything behind the sign-in. */
const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  beforeLoad: ({ location }) => {
    if (!session.token()) throw redirect({ href: paths.signIn({ next: location.href }) });
  },
});

const home = createRoute({
  getParentRoute: () => shell,
  path: "/",
  beforeLoad: () => {
    throw redirect({ href: paths.gateways() });
  },
});

const gateways = createRoute({
  getParentRoute: () => shell,
  path: "/gateways",
  validateSearch: (search) => ({ q: text(search.q) }),
  component: GatewayList,
});

const addGateway = createRoute({
  getParentRoute: () => shell,
  path: "/add-gateway",
  component: lazyRouteComponent(() => import("./pages/gateways/AddGateway"), "AddGateway"),
});

const gateway = createRoute({
  getParentRoute: () => shell,
  path: "/gateways/$gatewayId",
  component: lazyRouteComponent(() => import("./pages/gateways/GatewayLayout"), "GatewayLayout"),
});

const gatewayOverview = createRoute({
  getParentRoute: () => gateway,
  path: "/",
  validateSearch: (search) => ({ range: oneOf<Range>(search.range, Object.keys(RANGES) as Range[]) }),
  component: lazyRouteComponent(() => import("./pages/gateways/GatewayOverview"), "GatewayOverview"),
});

const gatewayDeployment = createRoute({
  getParentRoute: () => gateway,
  path: "/deployment",
  component: lazyRouteComponent(() => import("./pages/gateways/GatewayDeployment"), "GatewayDeployment"),
});

const gatewayNodes = createRoute({
  getParentRoute: () => gateway,
  path: "/nodes",
  component: lazyRouteComponent(() => import("./pages/gateways/GatewayNodes"), "GatewayNodes"),
});

const gatewayApis = createRoute({
  getParentRoute: () => gateway,
  path: "/apis",
  component: lazyRouteComponent(() => import("./pages/gateways/GatewayApis"), "GatewayApis"),
});

const apis = createRoute({
  getParentRoute: () => shell,
  path: "/apis",
  validateSearch: (search) => ({
    q: text(search.q),
    sort: oneOf(search.sort, SORTS),
    order: oneOf(search.order, ["descending"]),
  }),
  component: lazyRouteComponent(() => import("./pages/apis/ApiList"), "ApiList"),
});

const addApi = createRoute({
  getParentRoute: () => shell,
  path: "/add-api",
  component: lazyRouteComponent(() => import("./pages/apis/AddApi"), "AddApi"),
});

const api = createRoute({
  getParentRoute: () => shell,
  path: "/apis/$apiId",
  component: lazyRouteComponent(() => import("./pages/apis/ApiLayout"), "ApiLayout"),
});

const apiOperations = createRoute({
  getParentRoute: () => api,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/apis/ApiOperations"), "ApiOperations"),
});

const addOperation = createRoute({
  getParentRoute: () => api,
  path: "/add-operation",
  component: lazyRouteComponent(() => import("./pages/apis/OperationForm"), "AddOperation"),
});

const operation = createRoute({
  getParentRoute: () => api,
  path: "/operations/$operationId",
  component: lazyRouteComponent(() => import("./pages/apis/OperationForm"), "EditOperation"),
});

const apiPolicy = createRoute({
  getParentRoute: () => api,
  path: "/policy",
  validateSearch: (search) => ({ operation: text(search.operation) }),
  component: lazyRouteComponent(() => import("./pages/apis/ApiPolicy"), "ApiPolicy"),
});

const apiGateways = createRoute({
  getParentRoute: () => api,
  path: "/gateways",
  component: lazyRouteComponent(() => import("./pages/apis/ApiGateways"), "ApiGateways"),
});

const apiTest = createRoute({
  getParentRoute: () => api,
  path: "/test",
  validateSearch: (search) => ({ operation: text(search.operation), gateway: text(search.gateway) }),
  component: lazyRouteComponent(() => import("./pages/apis/ApiTest"), "ApiTest"),
});

const apiSettings = createRoute({
  getParentRoute: () => api,
  path: "/settings",
  component: lazyRouteComponent(() => import("./pages/apis/ApiSettings"), "ApiSettings"),
});

const globalPolicy = createRoute({
  getParentRoute: () => shell,
  path: "/policy",
  component: lazyRouteComponent(() => import("./pages/GlobalPolicy"), "GlobalPolicy"),
});

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    gateways,
    addGateway,
    gateway.addChildren([gatewayOverview, gatewayDeployment, gatewayNodes, gatewayApis]),
    apis,
    addApi,
    api.addChildren([apiOperations, addOperation, operation, apiPolicy, apiGateways, apiTest, apiSettings]),
    globalPolicy,
  ]),
]);

/** The router and what it shares with the pages. A call that answers 401 ends the session, wherever it was made. */
export function createPortal(history?: RouterHistory) {
  const onError = (error: unknown) => {
    if (!(error instanceof ApiError) || error.status !== 401 || !session.token()) return;
    session.end();
    queries.clear();
    router.history.push(paths.signIn({ next: router.state.location.href, ended: "yes" }));
  };
  const queries = new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        // What is wrong with the request stays wrong.
        retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status >= 500,
      },
    },
  });
  const router = createRouter({
    routeTree,
    history,
    parseSearch,
    stringifySearch,
    scrollRestoration: true,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NotFound,
  });
  return { router, queries };
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPortal>["router"];
  }
}
