import { Button, Field, Input } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { ProblemBar } from "@tollgate/portal-shared/ui";
import { type FormEvent, useState } from "react";
import { type ApiFields, addApi, apisQuery, identifierFrom } from "../../data/apis";
import { gatewaysQuery, MANAGED } from "../../data/gateways";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { MultiPicker } from "../../ui/MultiPicker";
import { PageHead } from "../../ui/PageHead";
import { ApiFieldset, isComplete } from "./ApiFieldset";

const EMPTY: ApiFields = {
  displayName: "",
  description: "",
  path: "",
  serviceUrl: "",
  protocols: ["http", "https"],
  subscriptionRequired: true,
};

export function AddApi() {
  const layout = useLayout();
  const router = useRouter();
  const queries = useQueryClient();
  const apis = useQuery(apisQuery);
  const gateways = useQuery(gatewaysQuery);
  const [fields, setFields] = useState(EMPTY);
  const [typedId, setTypedId] = useState<string>();
  const [chosen, setChosen] = useState<string[]>();

  const id = typedId ?? identifierFrom(fields.displayName);
  // The built-in gateway is on unless it is taken off, as everywhere in this API; there may be none.
  const runsOn = chosen ?? (gateways.data ?? []).filter((gateway) => gateway.managed).map((gateway) => gateway.id);
  const add = useMutation({
    mutationFn: (id: string) =>
      addApi(id, fields, gateways.data?.some(({ managed }) => managed) ? runsOn : [MANAGED, ...runsOn]),
    onSuccess: (_, id) => router.history.push(paths.api(id)),
    onSettled: async () => {
      await queries.invalidateQueries({ queryKey: ["apis"] });
      await queries.invalidateQueries({ queryKey: ["gateways"] });
    },
  });
  // What this form has made, and could not finish, it may try again.
  const taken = add.variables !== id && apis.data?.some((api) => api.id.toLowerCase() === id.toLowerCase());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(id);
  };

  return (
    <>
      <PageHead title="Add an API" crumbs={[{ title: "APIs", href: paths.apis() }]} />
      <form className={layout.form} onSubmit={submit}>
        {add.error && <ProblemBar title="The API could not be added as asked." error={add.error} />}
        <ApiFieldset fields={fields} onChange={setFields} />
        <Field
          label="Identifier"
          required
          hint="Made from the display name; it cannot be changed later."
          validationMessage={taken ? "There is an API with this identifier already." : undefined}
        >
          <Input value={id} maxLength={256} onChange={(_, { value }) => setTypedId(value.trim())} />
        </Field>
        <MultiPicker
          label="Gateways it runs on"
          placeholder="None yet"
          options={(gateways.data ?? []).map((gateway) => ({ id: gateway.id, title: gateway.id }))}
          selected={runsOn}
          onChange={setChosen}
        />
        <div className={layout.row}>
          <Button
            type="submit"
            appearance="primary"
            disabled={!id || taken || !isComplete(fields) || !gateways.data || add.isPending}
          >
            {add.isPending ? "Adding…" : "Add API"}
          </Button>
          <Button as="a" href={paths.apis()}>
            Cancel
          </Button>
        </div>
      </form>
    </>
  );
}
