import { Body1 } from "@fluentui/react-components";
import { useLayout } from "../ui/layout";
import { PageHead } from "../ui/PageHead";
import { PolicyPage } from "./policy/PolicyPage";

export function GlobalPolicy() {
  const layout = useLayout();
  return (
    <>
      <PageHead title="Policy for all APIs" />
      <div className={layout.stack}>
        <Body1 className={layout.quiet}>
          The widest scope. Policies of products, APIs and operations run it where they say &lt;base /&gt;.
        </Body1>
        <PolicyPage scope={{}} what="all APIs" />
      </div>
    </>
  );
}
