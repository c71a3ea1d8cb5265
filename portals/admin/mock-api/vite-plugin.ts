//! Serves the mock control plane from Vite: under `vite preview` unless `TOLLGATE_URL` names a real one, under
//! `vite dev` when `MOCK_API` is set.
//! Preview also sends the content security policy of the README, so that nothing passes here that a control plane
//! would refuse.
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { type Connect, type Plugin, runnerImport } from "vite";

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function mockControlPlane(): Plugin {
  return {
    name: "tollgate-mock-control-plane",
    configureServer(server) {
      if (process.env.MOCK_API) server.middlewares.use(middleware());
    },
    configurePreviewServer(server) {
      server.middlewares.use((_request, response, next) => {
        response.setHeader("Content-Security-Policy", CONTENT_SECURITY_POLICY);
        next();
      });
      if (!process.env.TOLLGATE_URL) server.middlewares.use(middleware());
    },
  };
}

function middleware(): Connect.NextHandleFunction {
  const mock = createMock();
  return (incoming, outgoing, next) => {
    if (!incoming.url?.startsWith("/subscriptions/")) return next();
    Promise.all([mock, requestOf(incoming)])
      .then(([respond, request]) => respond(request))
      .then((response) => send(response, outgoing), next);
  };
}

/** Through Vite: its configuration is Node's to load, which reads no TypeScript. */
async function createMock() {
  const file = fileURLToPath(new URL("control-plane.ts", import.meta.url));
  const { module } = await runnerImport<typeof import("./control-plane")>(file);
  return module.createMock();
}

async function requestOf(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = Object.entries(incoming.headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as [string, string]],
  );
  const body = chunks.length > 0 ? Buffer.concat(chunks) : undefined;
  return new Request(`http://mock${incoming.url}`, { method: incoming.method, headers, body });
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.end(Buffer.from(await response.arrayBuffer()));
}
