import { Button, Combobox, Field, Input, Option, Textarea } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams, useRouter } from "@tanstack/react-router";
import { EmptyState, Loaded, ProblemBar } from "@tollgate/portal-shared/ui";
import { type FormEvent, useState } from "react";
import {
  identifierFrom,
  type Operation,
  type OperationFields,
  operationsQuery,
  saveOperation,
  templateNames,
} from "../../data/apis";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"];

export function AddOperation() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  return <OperationForm apiId={apiId} />;
}

export function EditOperation() {
  const { apiId, operationId } = useParams({ from: "/shell/apis/$apiId/operations/$operationId" });
  const query = useQuery(operationsQuery(apiId));
  return (
    <Loaded query={query} what="the operation">
      {(operations) => {
        const operation = operations.find(({ id }) => id === operationId);
        if (operation) return <OperationForm key={operationId} apiId={apiId} operation={operation} />;
        return <EmptyState title="There is no such operation." text="It may have been deleted or renamed." />;
      }}
    </Loaded>
  );
}

function OperationForm({ apiId, operation }: { apiId: string; operation?: Operation }) {
  const layout = useLayout();
  const router = useRouter();
  const queries = useQueryClient();
  const [typedId, setTypedId] = useState<string>();
  const [fields, setFields] = useState<OperationFields>({
    displayName: operation?.displayName ?? "",
    method: operation?.method ?? "GET",
    urlTemplate: operation?.urlTemplate ?? "/",
    description: operation?.description ?? "",
  });
  const set = (change: Partial<OperationFields>) => setFields((before) => ({ ...before, ...change }));
  const id = operation?.id ?? typedId ?? identifierFrom(fields.displayName);
  const { data: others = [] } = useQuery(operationsQuery(apiId));
  const save = useMutation({
    mutationFn: (id: string) => saveOperation(apiId, id, fields, !operation),
    onSuccess: () => router.history.push(paths.api(apiId)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["apis", apiId, "operations"] }),
  });
  const taken =
    !operation && save.variables !== id && others.some((other) => other.id.toLowerCase() === id.toLowerCase());
  const parameters = templateNames(fields.urlTemplate);
  const complete = id && !taken && fields.displayName.trim() && fields.method && fields.urlTemplate.startsWith("/");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(id);
  };
  return (
    <form className={layout.form} onSubmit={submit}>
      {save.error && <ProblemBar title="The operation could not be saved." error={save.error} />}
      <Field label="Display name" required>
        <Input value={fields.displayName} maxLength={300} onChange={(_, { value }) => set({ displayName: value })} />
      </Field>
      <Field label="Method" required>
        <Combobox
          freeform
          value={fields.method}
          selectedOptions={[fields.method]}
          onChange={(event) => set({ method: event.target.value.toUpperCase().trim() })}
          onOptionSelect={(_, { optionValue }) => optionValue && set({ method: optionValue })}
        >
          {METHODS.map((method) => (
            <Option key={method}>{method}</Option>
          ))}
        </Combobox>
      </Field>
      <Field
        label="URL template"
        required
        hint={parameters.length > 0 ? `Parameters: ${parameters.join(", ")}` : "For example /facts/{id}"}
        validationMessage={fields.urlTemplate.startsWith("/") ? undefined : "It begins with /."}
      >
        <Input
          className={layout.mono}
          value={fields.urlTemplate}
          maxLength={1000}
          onChange={(_, { value }) => set({ urlTemplate: value })}
        />
      </Field>
      <Field label="Description">
        <Textarea
          value={fields.description}
          maxLength={1000}
          onChange={(_, { value }) => set({ description: value })}
        />
      </Field>
      {!operation && (
        <Field
          label="Identifier"
          required
          hint="Made from the display name; it cannot be changed later."
          validationMessage={taken ? "There is an operation with this identifier already." : undefined}
        >
          <Input value={id} maxLength={80} onChange={(_, { value }) => setTypedId(value.trim())} />
        </Field>
      )}
      <div className={layout.row}>
        <Button type="submit" appearance="primary" disabled={!complete || save.isPending}>
          {save.isPending ? "Saving…" : "Save"}
        </Button>
        <Button as="a" href={paths.api(apiId)}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
