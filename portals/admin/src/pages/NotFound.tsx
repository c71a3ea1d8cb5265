import { Link } from "@fluentui/react-components";
import { EmptyState } from "@tollgate/portal-shared/ui";
import { paths } from "../paths";

export function NotFound() {
  return (
    <EmptyState title="There is no such page." text="The address may be mistyped, or the page has moved.">
      <Link href={paths.gateways()}>Go to the gateways</Link>
    </EmptyState>
  );
}
