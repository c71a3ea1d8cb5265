import { Badge, Button, Link, makeStyles, SearchBox, tokens } from "@fluentui/react-components";
import { Add20Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Column, DataTable, EmptyState, Loaded } from "@tollgate/portal-shared/ui";
import { type Gateway, gatewaysQuery } from "../../data/gateways";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { PageHead } from "../../ui/PageHead";
import { GatewayStatus } from "./GatewayStatus";

const useStyles = makeStyles({
  name: { display: "flex", alignItems: "center", gap: tokens.spacingHorizontalS },
});

export function GatewayList() {
  const layout = useLayout();
  const navigate = useNavigate();
  const { q = "" } = useSearch({ from: "/shell/gateways" });
  const query = useQuery(gatewaysQuery);
  return (
    <>
      <PageHead title="Gateways">
        <Button as="a" href={paths.addGateway()} appearance="primary" icon={<Add20Regular />}>
          Add gateway
        </Button>
      </PageHead>
      <Loaded query={query} what="the gateways">
        {(gateways) => (
          <>
            <div className={layout.toolbar}>
              <SearchBox
                placeholder="Search gateways"
                aria-label="Search gateways"
                value={q}
                onChange={(_, { value }) => navigate({ to: ".", search: { q: value }, replace: true })}
              />
            </div>
            <GatewayTable gateways={gateways.filter((gateway) => matches(gateway, q))} />
            {gateways.every((gateway) => gateway.managed) && <NoGateways />}
          </>
        )}
      </Loaded>
    </>
  );
}

function NoGateways() {
  return (
    <EmptyState
      title="No gateway of your own yet"
      text="A self-hosted gateway runs beside your backends, wherever they are. It pulls its configuration over outbound connections only; add one, and its deployment page has everything to start it."
    >
      <Link href={paths.addGateway()}>Add a gateway</Link>
    </EmptyState>
  );
}

function GatewayTable({ gateways }: { gateways: Gateway[] }) {
  const styles = useStyles();
  const columns: Column<Gateway>[] = [
    {
      id: "name",
      title: "Name",
      cell: (gateway) => (
        <span className={styles.name}>
          <Link href={paths.gateway(gateway.id)}>{gateway.id}</Link>
          {gateway.managed && <Badge appearance="outline">built in</Badge>}
        </span>
      ),
    },
    { id: "location", title: "Location", cell: (gateway) => gateway.location || "—" },
    { id: "description", title: "Description", cell: (gateway) => gateway.description || "—" },
    {
      id: "status",
      title: "Status",
      cell: (gateway) => <GatewayStatus gateway={gateway} />,
    },
  ];
  if (gateways.length === 0) return <p>No gateway matches the search.</p>;
  return <DataTable label="Gateways" rows={gateways} columns={columns} rowKey={(gateway) => gateway.id} />;
}

function matches(gateway: Gateway, q: string): boolean {
  const words = `${gateway.id} ${gateway.location} ${gateway.description}`.toLowerCase();
  return words.includes(q.trim().toLowerCase());
}
