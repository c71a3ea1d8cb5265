import { Badge, Link, MessageBar, MessageBarBody, MessageBarTitle } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Ago, type Column, DataTable, EmptyState, Loaded } from "@tollgate/portal-shared/ui";
import { type GatewayNode, MANAGED, nodesQuery } from "../../data/gateways";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";
import { NodeBadge } from "../../ui/NodeStatus";

export function GatewayNodes() {
  const { gatewayId } = useParams({ from: "/shell/gateways/$gatewayId" });
  const layout = useLayout();
  const query = useQuery(nodesQuery(gatewayId));
  return (
    <Loaded query={query} what="the nodes">
      {(nodes) =>
        nodes.length === 0 ? (
          <NoNodes gatewayId={gatewayId} />
        ) : (
          <div className={layout.stack}>
            <NodeTable nodes={nodes} />
            {nodes.map((node) => (
              <Failures key={node.nodeId} node={node} />
            ))}
          </div>
        )
      }
    </Loaded>
  );
}

function NoNodes({ gatewayId }: { gatewayId: string }) {
  return (
    <EmptyState
      title="No node has connected yet"
      text="A node shows up here within seconds of its start, with its version, its last heartbeat and the revision it runs."
    >
      {gatewayId !== MANAGED && <Link href={paths.gatewayDeployment(gatewayId)}>Start a node</Link>}
    </EmptyState>
  );
}

function NodeTable({ nodes }: { nodes: GatewayNode[] }) {
  const layout = useLayout();
  const newest = Math.max(...nodes.map((node) => node.revision));
  const columns: Column<GatewayNode>[] = [
    { id: "node", title: "Node", cell: (node) => <span className={layout.mono}>{node.nodeId}</span>, width: "20%" },
    { id: "status", title: "Status", cell: (node) => <NodeBadge status={node.status} /> },
    { id: "version", title: "Version", cell: (node) => node.version },
    {
      id: "address",
      title: "Address",
      cell: (node) => <span className={layout.mono}>{node.address}</span>,
      width: "18%",
    },
    {
      id: "revision",
      title: "Revision",
      cell: (node) => (
        <span title={`Digest ${node.digest}`}>
          {node.revision} {node.revision < newest && <Badge appearance="tint">behind {newest}</Badge>}
        </span>
      ),
    },
    { id: "seen", title: "First seen", cell: (node) => <Ago time={node.firstSeen} /> },
    { id: "heartbeat", title: "Last heartbeat", cell: (node) => <Ago time={node.lastHeartbeat} /> },
    {
      id: "failures",
      title: "Failures",
      cell: (node) =>
        node.failures.length === 0 ? (
          "none"
        ) : (
          <Badge appearance="tint" color="danger">
            {node.failures.length}
          </Badge>
        ),
    },
  ];
  return <DataTable label="Nodes" rows={nodes} columns={columns} rowKey={(node) => node.nodeId} />;
}

/** What a node could not apply, and what it does about it. */
function Failures({ node }: { node: GatewayNode }) {
  const layout = useLayout();
  return node.failures.map((failure) => (
    <MessageBar key={`${failure.api} ${failure.operation} ${failure.code}`} intent="error" layout="multiline">
      <MessageBarBody>
        <MessageBarTitle>
          {node.nodeId} could not apply <Link href={paths.api(failure.api)}>{failure.api}</Link>
          {failure.operation && `, operation ${failure.operation}`}
        </MessageBarTitle>{" "}
        {failure.message} <span className={layout.mono}>({failure.code})</span>
        <div>
          {failure.servingLastGood
            ? "The API goes on with its last good configuration."
            : "The API has never had a good configuration here and answers 503."}
        </div>
      </MessageBarBody>
    </MessageBar>
  ));
}
