/** Who is signed in. Without a session the sign-in screen stands in place of every other. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect } from "react";
import type { ReactNode } from "react";
import { ApiError, beckon, listenForRefusals, rememberCsrfToken } from "../api/client";
import type { Session } from "../api/beckon";
import { Loading, LoadError } from "../components/waiting";
import { SignIn } from "../routes/sign-in";

const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error("useSession outside SessionGate");
  return session;
}

/** Signs out and forgets everything that was loaded. */
export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    await beckon("/session", { method: "DELETE" });
    rememberCsrfToken("");
    client.clear();
    client.setQueryData(["session"], null);
  };
}

async function loadSession(signal: AbortSignal): Promise<Session | null> {
  try {
    const session = await beckon<Session>("/session", { signal });
    rememberCsrfToken(session.csrfToken);
    return session;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 403 || error.status === 401)) return null;
    throw error;
  }
}

export function SessionGate({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const query = useQuery({ queryKey: ["session"], queryFn: ({ signal }) => loadSession(signal), staleTime: Infinity });

  useEffect(() => listenForRefusals(() => void client.refetchQueries({ queryKey: ["session"] }, { cancelRefetch: false })), [client]);

  if (query.isPending) return <Loading label="Loading the console" />;
  if (query.isError) return <LoadError error={query.error} retry={() => void query.refetch()} />;
  if (query.data === null) {
    return (
      <SignIn
        onSignedIn={(session) => {
          rememberCsrfToken(session.csrfToken);
          client.setQueryData(["session"], session);
        }}
      />
    );
  }
  return <SessionContext.Provider value={query.data}>{children}</SessionContext.Provider>;
}
