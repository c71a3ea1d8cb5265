import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { mockControlPlane } from "./mock-api/vite-plugin.ts";

// The control plane's API, under the origin of the portal as in production.
const api = { "/subscriptions": { target: process.env.TOLLGATE_URL ?? "http://127.0.0.1:7070", changeOrigin: true } };

export default defineConfig({
  base: "/",
  plugins: [react(), mockControlPlane()],
  // The manifest is what `npm run size` reads.
  build: { manifest: true, target: "es2023", chunkSizeWarningLimit: 800 },
  server: { port: 7072, proxy: api },
  preview: { port: 7073, strictPort: true, proxy: process.env.TOLLGATE_URL ? api : {} },
  test: { environment: "jsdom", include: ["{src,mock-api}/**/*.test.{ts,tsx}"] },
});
