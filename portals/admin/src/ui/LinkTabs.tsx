import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";

const useStyles = makeStyles({
  list: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalXS,
    margin: `0 0 ${tokens.spacingVerticalXL}`,
    padding: 0,
    listStyleType: "none",
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
  },
  link: {
    display: "block",
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: "none",
    fontSize: tokens.fontSizeBase300,
    borderBottom: `3px solid transparent`,
    ":hover": { color: tokens.colorNeutralForeground1, borderBottomColor: tokens.colorNeutralStroke1Hover },
  },
  current: {
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    borderBottomColor: tokens.colorCompoundBrandStroke,
  },
});

/** The pages of one thing. They are links, not a tab list: each has an address of its own. */
export function LinkTabs(props: { label: string; tabs: { title: string; href: string }[]; current: string }) {
  const styles = useStyles();
  return (
    <nav aria-label={props.label}>
      <ul className={styles.list}>
        {props.tabs.map(({ title, href }) => {
          const current = href === props.current;
          return (
            <li key={href}>
              <a
                className={mergeClasses(styles.link, current && styles.current)}
                href={href}
                aria-current={current ? "page" : undefined}
              >
                {title}
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
