import { useCallback, useEffect, useReducer, useState } from "react";
import { useLocation } from "wouter";
import type { Session, SignInChallenge } from "../../api/types.ts";
import { useSession } from "../../session/session.ts";
import { t } from "../../text/auth.ts";
import { AuthLayout } from "./AuthLayout.tsx";
import { Correct } from "./Correct.tsx";
import { next, START } from "./flow.ts";
import { OidcReturn } from "./OidcReturn.tsx";
import { Register } from "./Register.tsx";
import { Reset } from "./Reset.tsx";
import { SecondStep } from "./SecondStep.tsx";
import { type Greeting, SignIn } from "./SignIn.tsx";
import { Undo } from "./Undo.tsx";
import { Verify } from "./Verify.tsx";
import { noteWanted, takeWanted } from "./wanted.ts";
import { endedBecause } from "./words.ts";

/** Pages of their own beside signing in, which is everywhere else for whoever is out. */
const PAGES = ["/signup", "/reset", "/undo", "/oidc"];

/** All of the way in: landing, sign-in with its second step, sign-up, a new password. */
export default function Auth() {
  const [path] = useLocation();
  const { state } = useSession();
  const [hello, setHello] = useState<Hello>(() => ({
    greeting: greetingOf(state.kind === "out" ? state.ended : undefined, noteWanted()),
    login: "",
  }));
  useEffect(() => {
    document.title = path === "/signup" ? t.auth.pageSignUp : t.auth.pageSignIn;
  }, [path]);
  return (
    <AuthLayout>
      {/* Whoever goes to another page, or back, begins there anew. */}
      <Flow key={PAGES.includes(path) ? path : "/"} path={path} hello={hello} setHello={setHello} />
    </AuthLayout>
  );
}

interface Hello {
  greeting: Greeting | undefined;
  login: string;
}

interface FlowProps {
  path: string;
  hello: Hello;
  setHello: (hello: Hello) => void;
}

/** The steps. Those behind the first take the place of the page. */
function Flow({ path, hello, setHello }: FlowProps) {
  const { begin: beginSession } = useSession();
  const [, navigate] = useLocation();
  const [step, dispatch] = useReducer(next, START);

  const begin = useCallback(
    async (session: Session) => {
      // What one came for is still in the address, unless that was a page of signing in.
      const wanted = takeWanted();
      if (PAGES.includes(path)) navigate(wanted, { replace: true });
      await beginSession(session);
    },
    [path, navigate, beginSession],
  );
  const toSignIn = useCallback(
    (greeting?: Greeting, login = "") => {
      setHello({ greeting, login });
      dispatch({ is: "leave" });
      if (PAGES.includes(path)) navigate("/", { replace: true });
    },
    [path, navigate, setHello],
  );
  const fromProvider = useCallback(
    (answer: Session | SignInChallenge) => {
      if ("accessToken" in answer) void begin(answer).catch(() => toSignIn({ kind: "bad", text: t.errors.server }));
      else dispatch({ is: "signingIn", answer, given: {} });
    },
    [begin, toSignIn],
  );
  const notFromProvider = useCallback((text: string) => toSignIn({ kind: "bad", text }), [toSignIn]);
  const back = () => dispatch({ is: "back" });

  switch (step.at) {
    case "verify":
      return (
        <Verify
          key={`${step.pending.via} ${step.pending.proof}`}
          pending={step.pending}
          begin={begin}
          onConfirmed={(answer) => dispatch({ is: "confirmed", answer })}
          onMistyped={() => dispatch({ is: "mistyped" })}
          onBack={() => toSignIn()}
        />
      );
    case "correct":
      return (
        <Correct
          key={step.asked?.via}
          pending={step.pending}
          asked={step.asked}
          begin={begin}
          onAnswer={(answer, to) => dispatch({ is: "corrected", answer, to })}
          onBack={back}
        />
      );
    case "challenge":
      return (
        <SecondStep
          key={`${step.challenge.method} ${step.challenge.challenge}`}
          challenge={step.challenge}
          begin={begin}
          onMethod={(method) => dispatch({ is: "method", method })}
          onAgain={(answer, given) => dispatch({ is: "signingIn", answer, given })}
          onExpired={() => toSignIn({ kind: "bad", text: t.auth.beginAgain })}
          onBack={() => toSignIn()}
        />
      );
    case "start":
      break;
  }
  switch (path) {
    case "/signup":
      return <Register onAnswer={(answer, given) => dispatch({ is: "registered", answer, given })} />;
    case "/reset":
      return <Reset onDone={(email) => toSignIn({ kind: "good", text: t.auth.passwordSet }, email)} />;
    case "/undo":
      return <Undo />;
    case "/oidc":
      return <OidcReturn onAnswer={fromProvider} onRefused={notFromProvider} />;
    default:
      return (
        <SignIn
          greeting={hello.greeting}
          login={hello.login}
          begin={begin}
          onAnswer={(answer, given) => dispatch({ is: "signingIn", answer, given })}
        />
      );
  }
}

function greetingOf(ended: string | undefined, wanted: boolean): Greeting | undefined {
  if (ended !== undefined) return { kind: "news", text: endedBecause(ended) };
  return wanted ? { kind: "news", text: t.auth.toJoin } : undefined;
}
