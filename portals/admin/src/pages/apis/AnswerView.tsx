import { Badge, MessageBar, MessageBarBody, Subtitle2 } from "@fluentui/react-components";
import { CodeBlock } from "@tollgate/portal-shared/ui";
import type { TestAnswer } from "../../data/test-call";
import { useLayout } from "../../ui/layout";

/** What the gateway answered: status, time, headers, body. */
export function AnswerView({ answer }: { answer: TestAnswer }) {
  const layout = useLayout();
  return (
    <section className={layout.stack} aria-label="Answer" aria-live="polite">
      <div className={layout.row}>
        <Subtitle2 as="h2">Answer</Subtitle2>
        <Badge size="large" color={answer.status < 400 ? "success" : answer.status < 500 ? "warning" : "danger"}>
          {answer.status}
        </Badge>
        <span>{answer.durationMs.toFixed(1)} ms</span>
        {answer.url && <span className={layout.mono}>{answer.url}</span>}
      </div>
      {answer.truncated && (
        <MessageBar intent="warning">
          <MessageBarBody>The body is longer; only its beginning is shown.</MessageBarBody>
        </MessageBar>
      )}
      <CodeBlock title="Headers" text={answer.headers.map(({ name, value }) => `${name}: ${value}`).join("\n")} />
      <CodeBlock title={answer.bodyEncoding === "base64" ? "Body (base64)" : "Body"} text={readable(answer)} />
    </section>
  );
}

/** JSON with line breaks; everything else as it came. */
function readable({ headers, body, bodyEncoding }: TestAnswer): string {
  const type = headers.find(({ name }) => name.toLowerCase() === "content-type")?.value ?? "";
  if (bodyEncoding === "base64" || !/[/+]json\b/.test(type)) return body || "(empty)";
  try {
    return JSON.stringify(JSON.parse(body), undefined, 2);
  } catch {
    return body;
  }
}
