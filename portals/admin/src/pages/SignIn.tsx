import {
  Button,
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  makeStyles,
  Title2,
  tokens,
} from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { ApiError } from "@tollgate/portal-shared/api";
import { ProblemBar } from "@tollgate/portal-shared/ui";
import { type FormEvent, useEffect, useState } from "react";
import { checkToken } from "../data/gateways";
import { session } from "../data/session";
import { paths } from "../paths";

const useStyles = makeStyles({
  page: {
    minHeight: "100vh",
    boxSizing: "border-box",
    display: "grid",
    placeItems: "center",
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  card: {
    width: "100%",
    maxWidth: "420px",
    boxSizing: "border-box",
    padding: tokens.spacingHorizontalXXL,
    backgroundColor: tokens.colorNeutralBackground1,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow4,
  },
  form: { display: "flex", flexDirection: "column", gap: tokens.spacingVerticalL },
});

export function SignIn() {
  const styles = useStyles();
  const router = useRouter();
  const { next, ended } = useSearch({ from: "/sign-in" });
  const [token, setToken] = useState("");
  useEffect(() => {
    document.title = "Sign in · Tollgate";
  }, []);

  const signIn = useMutation({
    mutationFn: async () => {
      session.begin(token.trim());
      try {
        await checkToken();
      } catch (error) {
        session.end();
        throw error;
      }
    },
    onSuccess: () => router.history.replace(localPath(next)),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  const refused = signIn.error instanceof ApiError && signIn.error.status === 401;

  return (
    <main className={styles.page}>
      <div className={styles.card}>
        <form className={styles.form} onSubmit={submit}>
          <Title2 as="h1">Sign in to Tollgate</Title2>
          {ended && signIn.isIdle && (
            <MessageBar intent="warning">
              <MessageBarBody>The control plane no longer accepts the token of this tab. Sign in again.</MessageBarBody>
            </MessageBar>
          )}
          {signIn.error && !refused && <ProblemBar title="Could not sign in." error={signIn.error} />}
          <Field
            label="Administrator token"
            hint="The control plane prints it when it starts and keeps it in admin.token in its data folder."
            validationState={refused ? "error" : "none"}
            validationMessage={refused ? "The control plane does not accept this token (401)." : undefined}
          >
            <Input
              type="password"
              autoComplete="off"
              value={token}
              onChange={(_, data) => setToken(data.value)}
              autoFocus
            />
          </Field>
          <Button type="submit" appearance="primary" disabled={!token.trim() || signIn.isPending}>
            {signIn.isPending ? "Signing in…" : "Sign in"}
          </Button>
        </form>
      </div>
    </main>
  );
}

/** Where to go after signing in: a page of this portal, never another site. */
function localPath(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : paths.gateways();
}
