import { Link } from "wouter";
import { useSession } from "../../session/session.ts";
import { t } from "../../text/auth.ts";

/** Away from a page that a letter led to, for whoever is signed in as well. */
export function BackLink() {
  const { state } = useSession();
  return <Link href="/">{state.kind === "in" ? t.conversation.backToChats : t.auth.backToSignIn}</Link>;
}
