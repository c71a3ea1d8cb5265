import { useQuery } from "@tanstack/react-query";
import { type Gateway, type GatewayNode, nodesQuery } from "../../data/gateways";
import { NodeStatus } from "../../ui/NodeStatus";

/** How many of a gateway's nodes are there. A gateway only counts those; who is missing is asked for when some are. */
export function GatewayStatus({ gateway: { id, nodes } }: { gateway: Gateway }) {
  const { data = [] } = useQuery({ ...nodesQuery(id), enabled: nodes.online < nodes.total });
  const count = (status: GatewayNode["status"]) => data.filter((node) => node.status === status).length;
  return <NodeStatus counts={nodes} missing={{ stale: count("stale"), offline: count("offline") }} />;
}
