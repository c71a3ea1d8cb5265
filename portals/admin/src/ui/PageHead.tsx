import {
  Breadcrumb,
  BreadcrumbButton,
  BreadcrumbDivider,
  BreadcrumbItem,
  makeStyles,
  Title2,
  tokens,
} from "@fluentui/react-components";
import { Fragment, type ReactNode, useEffect } from "react";

export interface Crumb {
  title: string;
  href: string;
}

const useStyles = makeStyles({
  crumbs: { marginLeft: `calc(-1 * ${tokens.spacingHorizontalSNudge})` },
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: tokens.spacingHorizontalM,
    marginBottom: tokens.spacingVerticalL,
  },
  title: { overflowWrap: "anywhere" },
  actions: { display: "flex", gap: tokens.spacingHorizontalS, marginLeft: "auto" },
});

/** The page's one `h1`, the way up, and what can be done with the thing it names. */
export function PageHead(props: { title: string; crumbs?: Crumb[]; badge?: ReactNode; children?: ReactNode }) {
  const { title, crumbs = [], badge, children } = props;
  const styles = useStyles();
  useEffect(() => {
    document.title = `${title} · Tollgate`;
  }, [title]);
  return (
    <header>
      {crumbs.length > 0 && (
        <Breadcrumb size="small" aria-label="Breadcrumb" className={styles.crumbs}>
          {crumbs.map((crumb) => (
            <Fragment key={crumb.href}>
              <BreadcrumbItem>
                <BreadcrumbButton href={crumb.href}>{crumb.title}</BreadcrumbButton>
              </BreadcrumbItem>
              <BreadcrumbDivider />
            </Fragment>
          ))}
        </Breadcrumb>
      )}
      <div className={styles.row}>
        <Title2 as="h1" className={styles.title}>
          {title}
        </Title2>
        {badge}
        <div className={styles.actions}>{children}</div>
      </div>
    </header>
  );
}
