import {
  Button,
  Menu,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  Subtitle1,
  tokens,
} from "@fluentui/react-components";
import {
  DarkTheme20Regular,
  Document20Regular,
  PlugConnected20Regular,
  Server20Regular,
  SignOut20Regular,
} from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { session } from "../data/session";
import { paths } from "../paths";
import { type ThemeChoice, useTheme } from "../theme";

const SECTIONS = [
  { title: "Gateways", href: paths.gateways(), also: paths.addGateway(), icon: <Server20Regular /> },
  { title: "APIs", href: paths.apis(), also: paths.addApi(), icon: <PlugConnected20Regular /> },
  { title: "Policy for all APIs", href: paths.globalPolicy(), also: undefined, icon: <Document20Regular /> },
];

const NARROW = "@media (max-width: 760px)";

const useStyles = makeStyles({
  root: {
    display: "grid",
    gridTemplateColumns: "220px minmax(0, 1fr)",
    gridTemplateRows: "auto 1fr",
    minHeight: "100vh",
    [NARROW]: { gridTemplateColumns: "minmax(0, 1fr)", gridTemplateRows: "auto auto 1fr" },
  },
  skip: {
    position: "absolute",
    left: "-9999px",
    ":focus": { left: tokens.spacingHorizontalM, top: tokens.spacingVerticalM, zIndex: 10 },
  },
  bar: {
    gridColumn: "1 / -1",
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  brand: { flexGrow: 1, color: tokens.colorNeutralForeground1, textDecorationLine: "none" },
  nav: { backgroundColor: tokens.colorNeutralBackground3, padding: tokens.spacingHorizontalS },
  list: {
    display: "flex",
    flexDirection: "column",
    gap: tokens.spacingVerticalXXS,
    margin: 0,
    padding: 0,
    listStyleType: "none",
    [NARROW]: { flexDirection: "row", flexWrap: "wrap" },
  },
  link: {
    display: "flex",
    alignItems: "center",
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    textDecorationLine: "none",
    ":hover": { backgroundColor: tokens.colorNeutralBackground3Hover },
  },
  current: {
    backgroundColor: tokens.colorNeutralBackground1,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
    boxShadow: `inset 3px 0 0 ${tokens.colorCompoundBrandStroke}`,
  },
  main: { padding: tokens.spacingHorizontalXXL, maxWidth: "1400px", ":focus": { outlineStyle: "none" } },
});

/** The frame of every page behind the sign-in. */
export function Shell() {
  const styles = useStyles();
  const { pathname } = useLocation();
  return (
    <div className={styles.root}>
      <a className={styles.skip} href="#main">
        Skip to the content
      </a>
      <header className={styles.bar}>
        <a className={styles.brand} href={paths.gateways()}>
          <Subtitle1>Tollgate</Subtitle1>
        </a>
        <ThemeMenu />
        <SignOutButton />
      </header>
      <nav className={styles.nav} aria-label="Sections">
        <ul className={styles.list}>
          {SECTIONS.map(({ title, href, also, icon }) => {
            const current = pathname === href || pathname.startsWith(`${href}/`) || pathname === also;
            return (
              <li key={href}>
                <a
                  className={mergeClasses(styles.link, current && styles.current)}
                  href={href}
                  aria-current={current ? (pathname === href ? "page" : "true") : undefined}
                >
                  {icon}
                  {title}
                </a>
              </li>
            );
          })}
        </ul>
      </nav>
      <main id="main" className={styles.main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

const THEMES: { choice: ThemeChoice; title: string }[] = [
  { choice: "system", title: "Like the system" },
  { choice: "light", title: "Light" },
  { choice: "dark", title: "Dark" },
];

function ThemeMenu() {
  const { choice, choose } = useTheme();
  return (
    <Menu
      checkedValues={{ theme: [choice] }}
      onCheckedValueChange={(_, { checkedItems }) => choose(checkedItems[0] as ThemeChoice)}
    >
      <MenuTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<DarkTheme20Regular />} aria-label="Theme" />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {THEMES.map((theme) => (
            <MenuItemRadio key={theme.choice} name="theme" value={theme.choice}>
              {theme.title}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function SignOutButton() {
  const router = useRouter();
  const queries = useQueryClient();
  const signOut = () => {
    session.end();
    queries.clear();
    router.history.push(paths.signIn());
  };
  return (
    <Button appearance="subtle" icon={<SignOut20Regular />} onClick={signOut}>
      Sign out
    </Button>
  );
}
