import { Button, Field, Input, Select, Textarea } from "@fluentui/react-components";
import { Send20Regular } from "@fluentui/react-icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Loaded, ProblemBar } from "@tollgate/portal-shared/ui";
import { type FormEvent, useState } from "react";
import { type Api, apiQuery, type Operation, operationsQuery } from "../../data/apis";
import { gatewaysQuery, MANAGED } from "../../data/gateways";
import { activeSubscriptionsQuery, callGateway, primaryKey, type Subscription } from "../../data/test-call";
import { useLayout } from "../../ui/layout";
import { AnswerView } from "./AnswerView";
import { type HeaderLine, HeaderLines } from "./HeaderLines";

/** What was typed stays while the portal is open, per API. It holds no key: subscriptions are named. */
interface Draft {
  /** The operation that method and path were made from. */
  operation: string;
  method: string;
  path: string;
  headers: HeaderLine[];
  body: string;
  subscription: string;
  gatewayUrl: string;
}

const drafts = new Map<string, Draft>();

export function ApiTest() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  const api = useQuery(apiQuery(apiId));
  const operations = useQuery(operationsQuery(apiId));
  return (
    <Loaded query={api} what="the API">
      {(loaded) => (
        <Loaded query={operations} what="the operations">
          {(list) => <TestForm api={loaded} operations={list} />}
        </Loaded>
      )}
    </Loaded>
  );
}

function TestForm({ api, operations }: { api: Api; operations: Operation[] }) {
  const layout = useLayout();
  const navigate = useNavigate();
  const search = useSearch({ from: "/shell/apis/$apiId/test" });
  const gateways = useQuery(gatewaysQuery);
  const subscriptions = useQuery(activeSubscriptionsQuery);
  const gatewayId = search.gateway ?? gateways.data?.[0]?.id ?? MANAGED;
  const operationId = search.operation ?? drafts.get(api.id)?.operation ?? operations[0]?.id ?? "";
  const [draft, setDraft] = useDraft(api, operations, operationId);
  const fitting = (subscriptions.data ?? []).filter((subscription) => mayFit(subscription, api));

  const send = useMutation({
    mutationFn: async () => {
      const key = draft.subscription ? { [api.keyHeader]: await primaryKey(draft.subscription) } : {};
      return callGateway({
        gatewayId,
        gatewayUrl: draft.gatewayUrl || undefined,
        method: draft.method,
        path: draft.path,
        headers: { ...headersOf(draft.headers), ...key },
        body: draft.body || undefined,
      });
    },
  });
  const problem = pathProblem(draft.path);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    send.mutate();
  };
  const choose = (change: { operation?: string; gateway?: string }) =>
    navigate({ to: ".", search: (before: object) => ({ ...before, ...change }), replace: true });

  return (
    <form className={layout.stack} onSubmit={submit}>
      <div className={layout.fields}>
        <Field label="Gateway">
          <Select value={gatewayId} onChange={(_, { value }) => choose({ gateway: value })}>
            {(gateways.data ?? []).map(({ id, nodes }) => (
              <option key={id} value={id}>
                {id} ({nodes.online} online)
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Gateway URL">
          <Input
            type="url"
            placeholder="an online node's address"
            value={draft.gatewayUrl}
            onChange={(_, { value }) => setDraft({ gatewayUrl: value.trim() })}
          />
        </Field>
        <Field label="Operation">
          <Select value={operationId} onChange={(_, { value }) => choose({ operation: value })}>
            {operations.length === 0 && <option value="">none described yet</option>}
            {operations.map(({ id, displayName }) => (
              <option key={id} value={id}>
                {displayName}
              </option>
            ))}
          </Select>
        </Field>
        <Field label="Subscription">
          <Select value={draft.subscription} onChange={(_, { value }) => setDraft({ subscription: value })}>
            <option value="">No key</option>
            {fitting.map(({ id, displayName, scope }) => (
              <option key={id} value={id}>
                {displayName} ({scope})
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <div className={layout.fields}>
        <Field label="Method" className={layout.narrow}>
          <Input value={draft.method} onChange={(_, { value }) => setDraft({ method: value.toUpperCase().trim() })} />
        </Field>
        <Field label="Path and query" style={{ flexGrow: 1 }} validationMessage={problem}>
          <Input className={layout.mono} value={draft.path} onChange={(_, { value }) => setDraft({ path: value })} />
        </Field>
        <Button
          type="submit"
          appearance="primary"
          icon={<Send20Regular />}
          disabled={!draft.method || !draft.path.startsWith("/") || send.isPending}
        >
          {send.isPending ? "Sending…" : "Send"}
        </Button>
      </div>
      <HeaderLines lines={draft.headers} onChange={(headers) => setDraft({ headers })} />
      <Field label="Body">
        <Textarea
          resize="vertical"
          textarea={{ className: layout.mono }}
          value={draft.body}
          onChange={(_, { value }) => setDraft({ body: value })}
        />
      </Field>
      {send.error && <ProblemBar title="The call could not be made." error={send.error} />}
      {send.data && <AnswerView answer={send.data} />}
    </form>
  );
}

/** The draft of an API; choosing another operation fills in its method and path. */
function useDraft(api: Api, operations: Operation[], operationId: string) {
  const [draft, setDraft] = useState<Draft>(() => drafts.get(api.id) ?? draftFor(api, operations, operationId));
  const change = (next: Draft) => {
    drafts.set(api.id, next);
    setDraft(next);
  };
  if (draft.operation !== operationId) {
    const { method, path } = draftFor(api, operations, operationId);
    change({ ...draft, operation: operationId, method, path });
  }
  return [draft, (part: Partial<Draft>) => change({ ...draft, ...part })] as const;
}

function draftFor(api: Api, operations: Operation[], operationId: string): Draft {
  const operation = operations.find(({ id }) => id === operationId);
  return {
    operation: operationId,
    method: operation?.method ?? "GET",
    path: `${api.path ? `/${api.path}` : ""}${operation?.urlTemplate ?? "/"}`,
    headers: [],
    body: "",
    subscription: "",
    gatewayUrl: "",
  };
}

function headersOf(lines: HeaderLine[]): Record<string, string> {
  return Object.fromEntries(lines.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value]));
}

/** Which product an API is in is the gateway's to know; keys of other APIs never fit. */
function mayFit({ scope }: Subscription, api: Api): boolean {
  return !scope.startsWith("/apis/") || scope.toLowerCase() === `/apis/${api.id}`.toLowerCase();
}

function pathProblem(path: string): string | undefined {
  if (!path.startsWith("/")) return "It begins with /.";
  return /\{[^}]*\}/.test(path) ? "Fill in the parameters in braces." : undefined;
}
