//! The portal's one client: it calls where it was loaded from, with the token of the session.
import { createClient } from "@tollgate/portal-shared/api";
import { session } from "./session";

export const client = createClient({ origin: window.location.origin, token: session.token });
