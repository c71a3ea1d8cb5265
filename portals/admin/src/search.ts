//! The query string as plain text, both ways: `?q=7` is the text "7", and links stay readable.

export function parseSearch(query: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(query));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const query = new URLSearchParams(entries.filter(([, value]) => value !== "")).toString();
  return query && `?${query}`;
}

/** The columns that the list of APIs can be sorted by. */
export const SORTS = ["name", "path", "backend"] as const;

/** A value of the query string that must be one of `allowed`; anything else counts as absent. */
export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((one) => one === value);
}

export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
