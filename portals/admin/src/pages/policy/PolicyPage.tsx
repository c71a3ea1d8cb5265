//! The editor with what is around it: loading, saving, findings, conflicts. `apis/ApiPolicy` and `GlobalPolicy` say
//! for which scope.
import {
  Button,
  Link,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
} from "@fluentui/react-components";
import { Save20Regular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, type PolicyFinding } from "@tollgate/portal-shared/api";
import { Confirm, Loaded, ProblemBar } from "@tollgate/portal-shared/ui";
import { lazy, Suspense, useMemo, useRef, useState } from "react";
import { deletePolicy, type PolicyDocument, policyQuery, type Scope, savePolicy } from "../../data/policies";
import { useLayout } from "../../ui/layout";
import type { PolicyEditorHandle } from "../../ui/policy-editor/PolicyEditor";
import { LeaveGuard } from "./LeaveGuard";

const PolicyEditor = lazy(() =>
  import("../../ui/policy-editor/PolicyEditor").then((module) => ({ default: module.PolicyEditor })),
);

export function PolicyPage({ scope, what }: { scope: Scope; what: string }) {
  const queries = useQueryClient();
  const query = useQuery(policyQuery(scope));
  // Another load is another editor.
  const [loads, setLoads] = useState(0);
  const reload = async () => {
    await queries.refetchQueries({ queryKey: policyQuery(scope).queryKey });
    setLoads((count) => count + 1);
  };
  return (
    <Loaded query={query} what="the policy">
      {(document) => <PolicyForm key={loads} scope={scope} what={what} document={document} onReload={reload} />}
    </Loaded>
  );
}

interface FormProps {
  scope: Scope;
  what: string;
  document: PolicyDocument;
  onReload: () => Promise<void>;
}

const NO_FINDINGS: PolicyFinding[] = [];

function PolicyForm({ scope, what, document, onReload }: FormProps) {
  const layout = useLayout();
  const editor = useRef<PolicyEditorHandle>(null);
  const [text, setText] = useState(document.text);
  const [saved, setSaved] = useState(document);
  const [initial] = useState(document.text);
  const save = useMutation({
    mutationFn: ({ text, overwrite = false }: { text: string; overwrite?: boolean }) =>
      savePolicy(scope, text, overwrite ? "*" : saved.etag),
    onSuccess: ({ etag }, { text }) => setSaved({ text, etag }),
  });
  const error = save.error instanceof ApiError ? save.error : undefined;
  const findings = useMemo(() => error?.policyFindings ?? NO_FINDINGS, [error]);
  const dirty = text !== saved.text;
  const remove = async () => {
    await deletePolicy(scope);
    await onReload();
  };
  return (
    <div className={layout.stack}>
      <LeaveGuard active={dirty} />
      <div className={layout.row}>
        <Button
          appearance="primary"
          icon={<Save20Regular />}
          disabled={save.isPending || (!dirty && saved.etag !== undefined)}
          onClick={() => save.mutate({ text })}
        >
          {save.isPending ? "Saving…" : "Save"}
        </Button>
        <SaveState dirty={dirty} stored={saved.etag !== undefined} revision={save.data?.revision} />
        {saved.etag && (
          <span className={layout.push}>
            <Confirm
              trigger={<Button>{scope.apiId ? "Remove" : "Reset"}</Button>}
              title={`${scope.apiId ? "Remove" : "Reset"} the policy of ${what}?`}
              text={
                scope.apiId
                  ? "The document is deleted; the scope inherits everything from the wider one."
                  : "The document goes back to the one that a new service starts with."
              }
              action={scope.apiId ? "Remove policy" : "Reset policy"}
              onConfirm={remove}
            />
          </span>
        )}
      </div>
      {error?.status === 412 ? (
        <Conflict onReload={onReload} onOverwrite={() => save.mutate({ text, overwrite: true })} />
      ) : (
        save.error && <Refusal error={save.error} findings={findings} onShow={(place) => editor.current?.goTo(place)} />
      )}
      <Suspense fallback={<Spinner label="Loading the editor…" />}>
        <PolicyEditor
          ref={editor}
          label={`Policy of ${what}`}
          initial={initial}
          findings={findings}
          onChange={setText}
          onSave={(text) => save.mutate({ text })}
        />
      </Suspense>
    </div>
  );
}

function SaveState(props: { dirty: boolean; stored: boolean; revision: string | undefined }) {
  if (props.dirty) return <output>Not saved yet.</output>;
  if (props.revision) return <output>Saved as revision {props.revision}.</output>;
  return <output>{props.stored ? "As stored." : "Nothing is stored here; everything is inherited."}</output>;
}

/** Why the server did not take the document. Nothing of it was stored. */
function Refusal(props: { error: Error; findings: PolicyFinding[]; onShow: (place: PolicyFinding) => void }) {
  const { error, findings, onShow } = props;
  if (findings.length === 0) return <ProblemBar title="The policy was not saved." error={error} />;
  const others = error instanceof ApiError ? error.details.length - findings.length : 0;
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>The policy was not saved.</MessageBarTitle>{" "}
        {findings.length === 1
          ? "The control plane has a finding:"
          : `The control plane has ${findings.length} findings:`}
        <ul>
          {findings.map((finding) => (
            <li key={`${finding.line}:${finding.column} ${finding.message}`}>
              <Link as="button" onClick={() => onShow(finding)}>
                Line {finding.line}, column {finding.column}
              </Link>{" "}
              in <code>{finding.element}</code>: {finding.message}
            </li>
          ))}
          {others > 0 &&
            error instanceof ApiError &&
            error.details
              .filter((detail) => !detail.message?.startsWith("Error in element"))
              .map((detail) => <li key={detail.message}>{detail.message}</li>)}
        </ul>
      </MessageBarBody>
    </MessageBar>
  );
}

function Conflict({ onReload, onOverwrite }: { onReload: () => void; onOverwrite: () => void }) {
  return (
    <MessageBar intent="warning" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>Somebody else has changed this policy.</MessageBarTitle> It is not the version any more that
        you started from (412), and nothing was stored.
      </MessageBarBody>
      <MessageBarActions>
        <Button onClick={onReload}>Load the stored one, lose mine</Button>
        <Button onClick={onOverwrite}>Overwrite it with mine</Button>
      </MessageBarActions>
    </MessageBar>
  );
}
