import { Badge, Button } from "@fluentui/react-components";
import { Delete20Regular } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useParams, useRouter } from "@tanstack/react-router";
import { Confirm, Loaded } from "@tollgate/portal-shared/ui";
import { deleteGateway, type Gateway, gatewayQuery } from "../../data/gateways";
import { paths } from "../../paths";
import { LinkTabs } from "../../ui/LinkTabs";
import { useLayout } from "../../ui/layout";
import { PageHead } from "../../ui/PageHead";
import { GatewayStatus } from "./GatewayStatus";

export function GatewayLayout() {
  const { gatewayId } = useParams({ from: "/shell/gateways/$gatewayId" });
  const layout = useLayout();
  const { href } = useLocation();
  const query = useQuery(gatewayQuery(gatewayId));
  const tabs = [
    { title: "Overview", href: paths.gateway(gatewayId) },
    // The built-in gateway is there; nobody deploys it.
    ...(query.data?.managed ? [] : [{ title: "Deployment", href: paths.gatewayDeployment(gatewayId) }]),
    { title: "Nodes", href: paths.gatewayNodes(gatewayId) },
    { title: "APIs", href: paths.gatewayApis(gatewayId) },
  ];
  return (
    <>
      <PageHead
        title={gatewayId}
        crumbs={[{ title: "Gateways", href: paths.gateways() }]}
        badge={query.data?.managed && <Badge appearance="outline">built in</Badge>}
      >
        {query.data && !query.data.managed && <DeleteButton gatewayId={gatewayId} />}
      </PageHead>
      <Loaded query={query} what="the gateway">
        {(gateway) => (
          <>
            <p className={layout.lead}>
              <GatewayStatus gateway={gateway} />
              <span className={layout.quiet}>{about(gateway)}</span>
            </p>
            <LinkTabs label={`Pages of gateway ${gatewayId}`} tabs={tabs} current={href.split("?")[0] ?? href} />
            <Outlet />
          </>
        )}
      </Loaded>
    </>
  );
}

function about({ location, description }: Gateway): string {
  return [location, description].filter(Boolean).join(" · ");
}

function DeleteButton({ gatewayId }: { gatewayId: string }) {
  const router = useRouter();
  const queries = useQueryClient();
  const remove = async () => {
    await deleteGateway(gatewayId);
    router.history.push(paths.gateways());
    queries.removeQueries({ queryKey: ["gateways", gatewayId] });
    await queries.invalidateQueries({ queryKey: ["gateways"] });
  };
  return (
    <Confirm
      trigger={<Button icon={<Delete20Regular />}>Delete</Button>}
      title={`Delete gateway ${gatewayId}?`}
      text="Its nodes can no longer fetch their configuration. They go on serving what they have until they are stopped."
      action="Delete gateway"
      onConfirm={remove}
    />
  );
}
