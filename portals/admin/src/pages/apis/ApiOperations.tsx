import { Badge, Button, Link, makeStyles } from "@fluentui/react-components";
import { Add20Regular, Delete16Regular } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { type Column, Confirm, DataTable, EmptyState, Loaded } from "@tollgate/portal-shared/ui";
import { deleteOperation, type Operation, operationsQuery } from "../../data/apis";
import { paths } from "../../paths";
import { useLayout } from "../../ui/layout";

const useStyles = makeStyles({ method: { minWidth: "64px", justifyContent: "center" } });

export function ApiOperations() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  const layout = useLayout();
  const query = useQuery(operationsQuery(apiId));
  return (
    <Loaded query={query} what="the operations">
      {(operations) =>
        operations.length === 0 ? (
          <EmptyState
            title="No operation yet"
            text="An operation is a method and a URL template. Gateways answer 404 for everything that no operation describes."
          >
            <Link href={paths.addOperation(apiId)}>Add the first operation</Link>
          </EmptyState>
        ) : (
          <>
            <div className={layout.toolbar}>
              <Button as="a" href={paths.addOperation(apiId)} icon={<Add20Regular />}>
                Add operation
              </Button>
            </div>
            <OperationTable apiId={apiId} operations={operations} />
          </>
        )
      }
    </Loaded>
  );
}

function OperationTable({ apiId, operations }: { apiId: string; operations: Operation[] }) {
  const layout = useLayout();
  const styles = useStyles();
  const queries = useQueryClient();
  const remove = async (operationId: string) => {
    await deleteOperation(apiId, operationId);
    await queries.invalidateQueries({ queryKey: ["apis", apiId, "operations"] });
  };
  const columns: Column<Operation>[] = [
    {
      id: "method",
      title: "Method",
      width: "110px",
      cell: (operation) => (
        <Badge appearance="outline" className={styles.method}>
          {operation.method}
        </Badge>
      ),
    },
    {
      id: "template",
      title: "URL template",
      cell: ({ urlTemplate }) => <span className={layout.mono}>{urlTemplate}</span>,
    },
    {
      id: "name",
      title: "Name",
      cell: ({ id, displayName }) => <Link href={paths.operation(apiId, id)}>{displayName}</Link>,
    },
    {
      id: "actions",
      title: "Actions",
      width: "220px",
      cell: ({ id, displayName }) => (
        <span className={layout.row}>
          <Link href={paths.apiPolicy(apiId, { operation: id })} aria-label={`Policy of ${displayName}`}>
            Policy
          </Link>
          <Link href={paths.apiTest(apiId, { operation: id })} aria-label={`Test ${displayName}`}>
            Test
          </Link>
          <Confirm
            trigger={
              <Button
                size="small"
                appearance="subtle"
                icon={<Delete16Regular />}
                aria-label={`Delete ${displayName}`}
              />
            }
            title={`Delete ${displayName}?`}
            text="Its policy goes with it, and gateways answer 404 for it."
            action="Delete operation"
            onConfirm={() => remove(id)}
          />
        </span>
      ),
    },
  ];
  return <DataTable label="Operations" rows={operations} columns={columns} rowKey={(operation) => operation.id} />;
}
