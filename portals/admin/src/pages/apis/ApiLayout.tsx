import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation, useParams } from "@tanstack/react-router";
import { Loaded } from "@tollgate/portal-shared/ui";
import { apiQuery } from "../../data/apis";
import { paths } from "../../paths";
import { LinkTabs } from "../../ui/LinkTabs";
import { useLayout } from "../../ui/layout";
import { PageHead } from "../../ui/PageHead";

export function ApiLayout() {
  const { apiId } = useParams({ from: "/shell/apis/$apiId" });
  const layout = useLayout();
  const { href } = useLocation();
  const query = useQuery(apiQuery(apiId));
  const tabs = [
    { title: "Operations", href: paths.api(apiId) },
    { title: "Policy", href: paths.apiPolicy(apiId) },
    { title: "Gateways", href: paths.apiGateways(apiId) },
    { title: "Test", href: paths.apiTest(apiId) },
    { title: "Settings", href: paths.apiSettings(apiId) },
  ];
  return (
    <>
      <PageHead title={query.data?.displayName ?? apiId} crumbs={[{ title: "APIs", href: paths.apis() }]} />
      <Loaded query={query} what="the API">
        {(api) => (
          <>
            <p className={layout.lead}>
              <span className={layout.mono}>/{api.path}</span>
              {api.serviceUrl && <span className={layout.mono}>→ {api.serviceUrl}</span>}
              <span className={layout.quiet}>{api.description}</span>
            </p>
            <LinkTabs label={`Pages of API ${api.displayName}`} tabs={tabs} current={href.split("?")[0] ?? href} />
            <Outlet />
          </>
        )}
      </Loaded>
    </>
  );
}
