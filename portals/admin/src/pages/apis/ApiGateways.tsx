import { Link, Switch } from "@fluentui/react-components";
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type Column, DataTable, Loaded, ProblemBar } from "@tollgate/portal-shared/ui";
import { type Gateway, gatewayApisQuery, gatewaysQuery, setMembership } from "../../data/gateways";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { GatewayStatus } from "../gateways/GatewayStatus";

export function ApiGateways() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  const query = useQuery(gatewaysQuery);
  return (
    <Loaded query={query} what="the gateways">
      {(gateways) => <MembershipTable apiId={apiId} gateways={gateways} />}
    </Loaded>
  );
}

function MembershipTable({ apiId, gateways }: { apiId: string; gateways: Gateway[] }) {
  const layout = useLayout();
  const queries = useQueryClient();
  const memberships = useQueries({ queries: gateways.map((gateway) => gatewayApisQuery(gateway.id)) });
  const failed = memberships.find((membership) => membership.error);
  const member = new Map(
    gateways.map((gateway, index) => [gateway.id, memberships[index]?.data?.includes(apiId)] as const),
  );
  const change = useMutation({
    mutationFn: (to: { gatewayId: string; member: boolean }) => setMembership(to.gatewayId, apiId, to.member),
    onSettled: (_data, _error, to) => queries.invalidateQueries({ queryKey: ["gateways", to.gatewayId, "apis"] }),
  });
  const columns: Column<Gateway>[] = [
    {
      id: "runs",
      title: "Runs this API",
      width: "130px",
      cell: ({ id }) => (
        <Switch
          aria-label={`${id} runs this API`}
          checked={member.get(id) ?? false}
          disabled={member.get(id) === undefined || change.isPending}
          onChange={(_, { checked }) => change.mutate({ gatewayId: id, member: checked })}
        />
      ),
    },
    { id: "gateway", title: "Gateway", cell: ({ id }) => <Link href={paths.gateway(id)}>{id}</Link> },
    { id: "location", title: "Location", cell: (gateway) => gateway.location || (gateway.managed ? "built in" : "—") },
    { id: "status", title: "Status", cell: (gateway) => <GatewayStatus gateway={gateway} /> },
  ];
  return (
    <div className={layout.stack}>
      {failed && <ProblemBar title="Could not load where the API runs." error={failed.error} />}
      {change.error && <ProblemBar title="Could not change where the API runs." error={change.error} />}
      <DataTable label="Gateways of this API" rows={gateways} columns={columns} rowKey={(gateway) => gateway.id} />
    </div>
  );
}
