import { defineConfig } from "@playwright/test";

/** With PORTAL_URL the tests run against a live control plane, with TOLLGATE_TOKEN as its token. */
const live = process.env.PORTAL_URL;

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  workers: 1,
  // Generous, as the machine may be busy: a test waits for what it wants to see, not for a time.
  timeout: 120_000,
  expect: { timeout: 20_000 },
  use: {
    baseURL: live ?? "http://127.0.0.1:7073",
    // The system's browser; nothing is downloaded.
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    },
    viewport: { width: 1280, height: 860 },
    // Contrast is measured when things have arrived, not while they fade in.
    contextOptions: { reducedMotion: "reduce" },
  },
  webServer: live
    ? undefined
    : { command: "npx vite preview --host 127.0.0.1", url: "http://127.0.0.1:7073", reuseExistingServer: true },
});
