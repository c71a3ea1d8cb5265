export * from "./client";
export * from "./error";
export type { components, paths } from "./schema";
