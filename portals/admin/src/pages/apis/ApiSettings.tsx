import { Button } from "@fluentui/react-components";
import { Delete20Regular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams, useRouter } from "@tanstack/react-router";
import { Confirm, Loaded, ProblemBar } from "@tollgate/portal-shared/ui";
import { type FormEvent, useState } from "react";
import { type Api, type ApiFields, apiQuery, deleteApi, editApi, type Protocol } from "../../data/apis";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { ApiFieldset, isComplete } from "./ApiFieldset";

export function ApiSettings() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  const query = useQuery(apiQuery(apiId));
  return (
    <Loaded query={query} what="the API">
      {(api) => <SettingsForm key={api.id} api={api} />}
    </Loaded>
  );
}

function SettingsForm({ api }: { api: Api }) {
  const layout = useLayout();
  const router = useRouter();
  const queries = useQueryClient();
  const [fields, setFields] = useState<ApiFields>(() => ({
    displayName: api.displayName,
    description: api.description,
    path: api.path,
    serviceUrl: api.serviceUrl,
    protocols: api.protocols.filter((protocol): protocol is Protocol => protocol === "http" || protocol === "https"),
    subscriptionRequired: api.subscriptionRequired,
  }));
  const save = useMutation({
    mutationFn: () => editApi(api.id, fields),
    onSettled: () => queries.invalidateQueries({ queryKey: ["apis"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const remove = async () => {
    await deleteApi(api.id);
    router.history.push(paths.apis());
    queries.removeQueries({ queryKey: ["apis", api.id] });
    await queries.invalidateQueries();
  };
  return (
    <form className={layout.form} onSubmit={submit}>
      {save.error && <ProblemBar title="The API could not be changed." error={save.error} />}
      <ApiFieldset fields={fields} onChange={setFields} />
      <div className={layout.row}>
        <Button type="submit" appearance="primary" disabled={!isComplete(fields) || save.isPending}>
          {save.isPending ? "Saving…" : "Save"}
        </Button>
        {save.isSuccess && <output>Saved.</output>}
        <span className={layout.push}>
          <Confirm
            trigger={<Button icon={<Delete20Regular />}>Delete API</Button>}
            title={`Delete ${api.displayName}?`}
            text="Its operations and policies go with it, and every gateway stops answering for it."
            action="Delete API"
            onConfirm={remove}
          />
        </span>
      </div>
    </form>
  );
}
