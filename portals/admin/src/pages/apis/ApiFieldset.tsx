import { Checkbox, Field, Input, Switch, Textarea } from "@fluentui/react-components";
import type { ApiFields, Protocol } from "../../data/apis";
import { useLayout } from "../../ui/layout";

const PROTOCOLS: { id: Protocol; title: string }[] = [
  { id: "http", title: "HTTP" },
  { id: "https", title: "HTTPS" },
];

/** The fields that making and changing an API share. */
export function ApiFieldset({ fields, onChange }: { fields: ApiFields; onChange: (fields: ApiFields) => void }) {
  const layout = useLayout();
  const set = (change: Partial<ApiFields>) => onChange({ ...fields, ...change });
  const toggle = (protocol: Protocol, on: boolean) =>
    set({
      protocols: PROTOCOLS.map(({ id }) => id).filter((id) => (id === protocol ? on : fields.protocols.includes(id))),
    });
  return (
    <>
      <Field label="Display name" required>
        <Input value={fields.displayName} maxLength={300} onChange={(_, { value }) => set({ displayName: value })} />
      </Field>
      <Field
        label="Path"
        hint="What follows the gateway's host. Empty: the API answers at the root."
        validationMessage={pathProblem(fields.path)}
      >
        <Input
          contentBefore="/"
          value={fields.path}
          maxLength={400}
          onChange={(_, { value }) => set({ path: value.replace(/^\/+/, "") })}
        />
      </Field>
      <Field label="Backend URL" hint="Where calls go." validationMessage={backendProblem(fields.serviceUrl)}>
        <Input
          type="url"
          placeholder="https://backend.example/base"
          value={fields.serviceUrl}
          onChange={(_, { value }) => set({ serviceUrl: value.trim() })}
        />
      </Field>
      <Field label="Description">
        <Textarea value={fields.description} onChange={(_, { value }) => set({ description: value })} />
      </Field>
      <Field
        label="Protocols that gateways accept"
        validationMessage={fields.protocols.length === 0 ? "Choose at least one." : undefined}
      >
        <fieldset aria-label="Protocols" className={layout.group}>
          {PROTOCOLS.map(({ id, title }) => (
            <Checkbox
              key={id}
              label={title}
              checked={fields.protocols.includes(id)}
              onChange={(_, { checked }) => toggle(id, checked === true)}
            />
          ))}
        </fieldset>
      </Field>
      <Switch
        label="Callers need a subscription key"
        checked={fields.subscriptionRequired}
        onChange={(_, { checked }) => set({ subscriptionRequired: checked })}
      />
    </>
  );
}

/** Whether the server can be asked; what else is wrong it tells. */
export function isComplete(fields: ApiFields): boolean {
  const named = fields.displayName.trim() !== "" && fields.protocols.length > 0;
  return named && !pathProblem(fields.path) && !backendProblem(fields.serviceUrl);
}

function pathProblem(path: string): string | undefined {
  return /[?#\s]/.test(path) ? "A path has no spaces, ? or #." : undefined;
}

function backendProblem(url: string): string | undefined {
  if (url === "") return undefined;
  const valid = URL.canParse(url) && /^(https?|wss?):$/.test(new URL(url).protocol);
  return valid ? undefined : "An absolute URL, such as https://backend.example.";
}
