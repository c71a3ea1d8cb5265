import { Button, Link, SearchBox } from "@fluentui/react-components";
import { Add20Regular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type Column, DataTable, EmptyState, Loaded, type Sort } from "@tollgate/portal-shared/ui";
import { type Api, apisQuery } from "../../data/apis";
import { paths } from "../../paths";
import { oneOf, SORTS } from "../../search";
import { useLayout } from "../../ui/layout";
import { PageHead } from "../../ui/PageHead";

export function ApiList() {
  const layout = useLayout();
  const navigate = useNavigate();
  const { q = "", sort = "name", order } = useSearch({ from: "/shell/apis" });
  const query = useQuery(apisQuery);
  const find = (value: string) =>
    navigate({ to: ".", search: (before: object) => ({ ...before, q: value }), replace: true });
  const sortBy = ({ column, descending }: Sort) =>
    navigate({
      to: ".",
      search: (before: object) => ({
        ...before,
        sort: oneOf(column, SORTS),
        order: descending ? ("descending" as const) : undefined,
      }),
      replace: true,
    });
  return (
    <>
      <PageHead title="APIs">
        <Button as="a" href={paths.addApi()} appearance="primary" icon={<Add20Regular />}>
          Add API
        </Button>
      </PageHead>
      <Loaded query={query} what="the APIs">
        {(apis) =>
          apis.length === 0 ? (
            <NoApis />
          ) : (
            <>
              <div className={layout.toolbar}>
                <SearchBox
                  placeholder="Search APIs"
                  aria-label="Search APIs"
                  value={q}
                  onChange={(_, { value }) => find(value)}
                />
                <span className={layout.quiet}>{apis.length} in all</span>
              </div>
              <ApiTable
                apis={apis.filter((api) => matches(api, q))}
                sort={{ column: sort, descending: order === "descending" }}
                onSort={sortBy}
              />
            </>
          )
        }
      </Loaded>
    </>
  );
}

function NoApis() {
  return (
    <EmptyState
      title="No API yet"
      text="An API is a path that your gateways publish and a backend that answers behind it."
    >
      <Link href={paths.addApi()}>Add the first API</Link>
    </EmptyState>
  );
}

function ApiTable({ apis, sort, onSort }: { apis: Api[]; sort: Sort; onSort: (sort: Sort) => void }) {
  const layout = useLayout();
  const columns: Column<Api>[] = [
    {
      id: "name",
      title: "Name",
      cell: (api) => <Link href={paths.api(api.id)}>{api.displayName}</Link>,
      sortBy: (api) => api.displayName,
    },
    {
      id: "path",
      title: "Path",
      cell: (api) => <span className={layout.mono}>/{api.path}</span>,
      sortBy: (api) => api.path,
    },
    {
      id: "backend",
      title: "Backend",
      cell: (api) => (api.serviceUrl ? <span className={layout.mono}>{api.serviceUrl}</span> : "—"),
      sortBy: (api) => api.serviceUrl,
    },
    { id: "protocols", title: "Protocols", cell: (api) => api.protocols.join(", "), width: "110px" },
    {
      id: "key",
      title: "Subscription",
      cell: (api) => (api.subscriptionRequired ? "required" : "open"),
      width: "110px",
    },
  ];
  if (apis.length === 0) return <p>No API matches the search.</p>;
  return <DataTable label="APIs" rows={apis} columns={columns} rowKey={(api) => api.id} sort={sort} onSort={onSort} />;
}

function matches(api: Api, q: string): boolean {
  const words = `${api.displayName} ${api.id} ${api.path} ${api.serviceUrl} ${api.description}`.toLowerCase();
  return words.includes(q.trim().toLowerCase());
}
