import { expect, test } from "vitest";
import { ApiError, parseFinding } from "./error";

test("a policy finding carries its element and place", () => {
  const message = "Error in element 'set-header' on line 4, column 10: the attribute 'name' is missing: give one";
  expect(parseFinding({ code: "ValidationError", target: "set-header", message })).toEqual({
    element: "set-header",
    line: 4,
    column: 10,
    message: "the attribute 'name' is missing: give one",
  });
});

test("a finding without a place is not one of the policy findings", () => {
  const error = ApiError.from(400, {
    error: {
      code: "ValidationError",
      message: "One or more fields contain incorrect values:",
      details: [
        { code: "ValidationError", target: "representation", message: "Property 'color' not found." },
        { code: "ValidationError", target: "choose", message: "Error in element 'choose' on line 2, column 1: no" },
      ],
    },
  });
  expect(error.policyFindings.map((finding) => finding.element)).toEqual(["choose"]);
  expect(error.details).toHaveLength(2);
});

test("an answer that is not ours still names its status", () => {
  expect(ApiError.from(502, undefined)).toMatchObject({ status: 502, code: "HTTP502" });
});
