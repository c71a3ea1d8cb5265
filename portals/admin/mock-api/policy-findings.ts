//! Just enough of a checker to have findings with places: names that no element has.
import type { components } from "@tollgate/portal-shared/api";
import { ELEMENTS } from "../src/ui/policy-editor/elements";

export function policyFindings(text: string): components["schemas"]["ErrorDetail"][] {
  const findings: components["schemas"]["ErrorDetail"][] = [];
  const bare = text.replace(/<!--[\s\S]*?-->/g, (comment) => comment.replace(/[^\n]/g, " "));
  for (const [row, line] of bare.split("\n").entries()) {
    for (const match of line.matchAll(/<([a-z][\w-]*)/g)) {
      const name = match[1] ?? "";
      if (ELEMENTS.includes(name)) continue;
      findings.push({
        code: "ValidationError",
        target: name,
        message: `Error in element '${name}' on line ${row + 1}, column ${match.index + 1}: there is no such element`,
      });
    }
  }
  return findings;
}
