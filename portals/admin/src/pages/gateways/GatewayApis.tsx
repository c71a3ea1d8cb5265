import { Button, Link } from "@fluentui/react-components";
import { Subtract20Regular } from "@fluentui/react-icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type Column, DataTable, EmptyState, Loaded, ProblemBar } from "@tollgate/portal-shared/ui";
import { useState } from "react";
import { type Api, apisQuery } from "../../data/apis";
import { gatewayApisQuery, setMembership } from "../../data/gateways";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { MultiPicker } from "../../ui/MultiPicker";

export function GatewayApis() {
  const { gatewayId } = useParams({ from: "/shell/gateways/$gatewayId" });
  const layout = useLayout();
  const queries = useQueryClient();
  const all = useQuery(apisQuery);
  const members = useQuery(gatewayApisQuery(gatewayId));
  const change = useMutation({
    mutationFn: async ({ apiIds, member }: { apiIds: string[]; member: boolean }) => {
      for (const apiId of apiIds) await setMembership(gatewayId, apiId, member);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["gateways", gatewayId] }),
  });
  return (
    <Loaded query={all} what="the APIs">
      {(apis) => (
        <Loaded query={members} what="the gateway's APIs">
          {(names) => (
            <div className={layout.stack}>
              {change.error && <ProblemBar title="Could not change what the gateway runs." error={change.error} />}
              <Associate
                candidates={apis.filter((api) => !names.includes(api.id))}
                busy={change.isPending}
                onAssociate={(apiIds) => change.mutate({ apiIds, member: true })}
              />
              <MemberTable
                apis={apis.filter((api) => names.includes(api.id))}
                busy={change.isPending}
                onRemove={(apiId) => change.mutate({ apiIds: [apiId], member: false })}
              />
            </div>
          )}
        </Loaded>
      )}
    </Loaded>
  );
}

function Associate(props: { candidates: Api[]; busy: boolean; onAssociate: (apiIds: string[]) => void }) {
  const layout = useLayout();
  const [selected, setSelected] = useState<string[]>([]);
  if (props.candidates.length === 0) return null;
  return (
    <div className={layout.fields}>
      <MultiPicker
        label="Associate APIs"
        placeholder="Choose APIs"
        options={props.candidates.map((api) => ({ id: api.id, title: api.displayName }))}
        selected={selected}
        onChange={setSelected}
      />
      <Button
        appearance="primary"
        disabled={selected.length === 0 || props.busy}
        onClick={() => {
          props.onAssociate(selected);
          setSelected([]);
        }}
      >
        Associate
      </Button>
    </div>
  );
}

function MemberTable(props: { apis: Api[]; busy: boolean; onRemove: (apiId: string) => void }) {
  const layout = useLayout();
  const columns: Column<Api>[] = [
    { id: "name", title: "API", cell: (api) => <Link href={paths.api(api.id)}>{api.displayName}</Link> },
    { id: "path", title: "Path", cell: (api) => <span className={layout.mono}>/{api.path}</span> },
    {
      id: "remove",
      title: "Action",
      width: "140px",
      cell: (api) => (
        <Button
          size="small"
          icon={<Subtract20Regular />}
          disabled={props.busy}
          onClick={() => props.onRemove(api.id)}
          aria-label={`Remove ${api.displayName} from this gateway`}
        >
          Remove
        </Button>
      ),
    },
  ];
  if (props.apis.length === 0) {
    return (
      <EmptyState
        title="This gateway runs no API"
        text="It answers every call with 404. Associate an API, and its nodes have it within a second."
      />
    );
  }
  return <DataTable label="APIs of this gateway" rows={props.apis} columns={columns} rowKey={(api) => api.id} />;
}
