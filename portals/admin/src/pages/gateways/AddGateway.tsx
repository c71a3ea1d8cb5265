import { Button, Field, Input, Textarea } from "@fluentui/react-components";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { ProblemBar } from "@tollgate/portal-shared/ui";
import { type FormEvent, useState } from "react";
import { apisQuery } from "../../data/apis";
import { addGateway, gatewaysQuery, setMembership } from "../../data/gateways";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { MultiPicker } from "../../ui/MultiPicker";
import { PageHead } from "../../ui/PageHead";

export function AddGateway() {
  const layout = useLayout();
  const router = useRouter();
  const queries = useQueryClient();
  const gateways = useQuery(gatewaysQuery);
  const apis = useQuery(apisQuery);
  const [id, setId] = useState("");
  const [location, setLocation] = useState("");
  const [description, setDescription] = useState("");
  const [apiIds, setApiIds] = useState<string[]>([]);

  const add = useMutation({
    mutationFn: async (id: string) => {
      await addGateway({ id, location, description });
      for (const apiId of apiIds) await setMembership(id, apiId, true);
    },
    onSuccess: (_, id) => router.history.push(paths.gatewayDeployment(id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["gateways"] }),
  });
  const exists = gateways.data?.some((gateway) => gateway.id.toLowerCase() === id.toLowerCase());
  // What this form has made, and could not finish, it may try again.
  const taken = exists && add.variables !== id;
  const problem = idProblem(id) ?? (taken ? "There is a gateway of this name already." : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate(id);
  };

  return (
    <>
      <PageHead title="Add a gateway" crumbs={[{ title: "Gateways", href: paths.gateways() }]} />
      <form className={layout.form} onSubmit={submit}>
        {add.error && <ProblemBar title="The gateway could not be added as asked." error={add.error} />}
        <Field
          label="Name"
          required
          hint="Its identifier; it cannot be changed later."
          validationMessage={id ? problem : undefined}
        >
          <Input value={id} onChange={(_, data) => setId(data.value.trim())} autoFocus />
        </Field>
        <Field label="Location" hint="Any text; policies read it as the region. For example: London office.">
          <Input value={location} maxLength={256} onChange={(_, data) => setLocation(data.value)} />
        </Field>
        <Field label="Description">
          <Textarea value={description} maxLength={1000} onChange={(_, data) => setDescription(data.value)} />
        </Field>
        <MultiPicker
          label="APIs"
          hint="What it runs. Without any it answers everything with 404; you can choose later."
          placeholder={apis.data?.length === 0 ? "There is no API yet" : "Choose APIs"}
          options={(apis.data ?? []).map((api) => ({ id: api.id, title: api.displayName }))}
          selected={apiIds}
          onChange={setApiIds}
        />
        <div className={layout.row}>
          <Button type="submit" appearance="primary" disabled={!id || Boolean(problem) || add.isPending}>
            {add.isPending ? "Adding…" : "Add gateway"}
          </Button>
          <Button as="a" href={paths.gateways()}>
            Cancel
          </Button>
        </div>
      </form>
    </>
  );
}

/** Source: reference of the management API, chapter 1; `managed` is the built-in gateway's. */
function idProblem(id: string): string | undefined {
  if (id.toLowerCase() === "managed") return "This name belongs to the built-in gateway.";
  if (!/^[^*#&+:<>?/\\%]{1,80}$/.test(id)) return "At most 80 characters, and none of * # & + : < > ? / \\ %";
  return undefined;
}
