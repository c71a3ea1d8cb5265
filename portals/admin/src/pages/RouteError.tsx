import { Button } from "@fluentui/react-components";
import { ProblemBar } from "@tollgate/portal-shared/ui";
import { useLayout } from "../ui/layout";

/** A page that failed to load or to draw; most often its script is gone because the control plane was upgraded. */
export function RouteError({ error }: { error: unknown }) {
  const layout = useLayout();
  return (
    <div className={layout.stack}>
      <ProblemBar title="This page could not be shown." error={error} />
      <div>
        <Button onClick={() => window.location.reload()}>Load the portal again</Button>
      </div>
    </div>
  );
}
