import { Badge, makeStyles, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  root: { display: "inline-flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
});

export interface Counts {
  online: number;
  /** Online and on the newest revision. */
  current: number;
  total: number;
}

export interface Missing {
  stale: number;
  offline: number;
}

/** "1 of 1 nodes current", with how many are not there. */
export function NodeStatus({ counts, missing }: { counts: Counts; missing?: Missing }) {
  const styles = useStyles();
  const { online, current, total } = counts;
  if (total === 0) return <span>0 nodes</span>;
  const stale = missing?.stale ?? 0;
  const offline = missing?.offline ?? 0;
  return (
    <span className={styles.root}>
      <span>
        {current} of {total} nodes current
      </span>
      <Badge appearance="tint" color={online > 0 ? "success" : "informative"}>
        {online} online
      </Badge>
      {stale > 0 && (
        <Badge appearance="tint" color="warning">
          {stale} stale
        </Badge>
      )}
      {offline > 0 && (
        <Badge appearance="tint" color="danger">
          {offline} offline
        </Badge>
      )}
    </span>
  );
}

const COLORS = { online: "success", stale: "warning", offline: "danger" } as const;

export function NodeBadge({ status }: { status: keyof typeof COLORS }) {
  return (
    <Badge appearance="tint" color={COLORS[status]}>
      {status}
    </Badge>
  );
}
