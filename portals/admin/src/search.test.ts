import { expect, test } from "vitest";
import { oneOf, parseSearch, stringifySearch, text } from "./search";

test("the query string is text both ways", () => {
  const search = { q: "7", path: "/a b&c=%", quoted: '"x"' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
});

test("what is absent or empty leaves no trace", () => {
  expect(stringifySearch({ q: "", sort: undefined })).toBe("");
  expect(text("")).toBeUndefined();
  expect(oneOf("sideways", ["up", "down"])).toBeUndefined();
});
