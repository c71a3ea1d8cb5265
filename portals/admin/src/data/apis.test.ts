import { expect, test } from "vitest";
import { identifierFrom, templateNames } from "./apis";

test.each([
  ["Cat facts", "cat-facts"],
  ["  Größe & Maß (v2)! ", "gro-e-ma-v2"],
  ["日本", ""],
])("%s becomes the identifier %s", (displayName, expected) => {
  expect(identifierFrom(displayName)).toBe(expected);
});

test.each([
  ["/fact", []],
  ["/orders/{id}/lines/{line}?expand={expand}&again={id}", ["id", "line", "expand"]],
  ["/files/{*rest}", ["*rest"]],
])("the parameters of %s", (template, expected) => {
  expect(templateNames(template)).toEqual(expected);
});
