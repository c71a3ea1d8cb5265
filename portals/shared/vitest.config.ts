import { defineConfig } from "vitest/config";

export default defineConfig({ test: { include: ["{api,ui}/**/*.test.{ts,tsx}"] } });
