import { makeStyles, Spinner } from "@fluentui/react-components";
import type { ReactNode } from "react";
import { ProblemBar } from "./ProblemBar";

const useStyles = makeStyles({ spinner: { justifyContent: "start", paddingBlock: "24px" } });

/** What a query has to offer here; that of TanStack Query fits. */
interface Loading<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
}

/**
 * One of three: a spinner, the failure, or the content. Content that was loaded once stays when a refresh fails, with
 * the failure above it.
 */
export function Loaded<T>(props: { query: Loading<T>; what: string; children: (data: T) => ReactNode }) {
  const styles = useStyles();
  const { query, what, children } = props;
  if (query.isPending) return <Spinner className={styles.spinner} size="small" label={`Loading ${what}…`} />;
  return (
    <>
      {Boolean(query.error) && <ProblemBar title={`Could not load ${what}.`} error={query.error} />}
      {query.data !== undefined && children(query.data)}
    </>
  );
}
