import { FlaskConical } from "lucide-react";
import { useRef, useState } from "react";
import type { Me } from "../../api/types.ts";
import { t } from "../../text/developer.ts";
import { cx } from "../../ui/cx.ts";
import { Empty } from "../../ui/Empty.tsx";
import type { Operation, Reference } from "../docs/reference.ts";
import { CallForm } from "./CallForm.tsx";
import type { Answer, LabConnection, Params } from "./connection.ts";
import { PaneHead } from "./PaneHead.tsx";
import { PaneSignIn } from "./PaneSignIn.tsx";
import { PaneTalk } from "./PaneTalk.tsx";
import { ResultView } from "./ResultView.tsx";
import { repeat } from "./series.ts";
import { outcomeOf, type PaneState, setOutcome, useLab } from "./state.ts";
import "./Pane.css";

export interface PaneProps {
  pane: PaneState;
  /** Which of all it is, from 1. */
  number: number;
  operation: Operation | undefined;
  reference: Reference;
  /** Not the last one. */
  closable: boolean;
}

/** Somebody's session: who it is, a call that they make, and its answer. */
export function Pane({ pane, number, operation, reference, closable }: PaneProps) {
  const { id, connection, view } = pane;
  const other = useOther(pane);
  const name = connection?.user.displayName ?? t.developer.newPane;
  return (
    <section className="lab-pane" aria-label={t.developer.pane(number, name)}>
      <PaneHead pane={pane} closable={closable} />
      <div className="lab-pane__body">
        {connection === undefined ? (
          <PaneSignIn pane={id} />
        ) : (
          <>
            {other && (
              <PaneTalk
                key={`${connection.user.id} ${other.id}`}
                connection={connection}
                connected={view?.status === "connected"}
                other={other}
              />
            )}
            <div className={cx("lab-pane__call", other && "lab-pane__call--below")}>
              {operation === undefined ? (
                <Empty icon={FlaskConical} title={t.developer.pickOperation} text={t.developer.pickOperationText} />
              ) : (
                <Caller
                  key={operation.name}
                  pane={id}
                  connection={connection}
                  operation={operation}
                  reference={reference}
                />
              )}
            </div>
          </>
        )}
      </div>
    </section>
  );
}

/** Whom one talks with: whoever is signed in to the next pane, and is somebody else. */
function useOther({ id, connection }: PaneState): Me | undefined {
  const panes = useLab((lab) => lab.panes);
  const at = panes.findIndex((pane) => pane.id === id);
  const others = [...panes.slice(at + 1), ...panes.slice(0, at)].map((pane) => pane.connection?.user);
  return others.find((user) => user !== undefined && user.id !== connection?.user.id);
}

interface CallerProps {
  pane: number;
  connection: LabConnection;
  operation: Operation;
  reference: Reference;
}

function Caller({ pane, connection, operation, reference }: CallerProps) {
  const [busy, setBusy] = useState(false);
  const stop = useRef<AbortController>(undefined);
  const { name, status } = operation;
  const outcome = useLab((lab) => outcomeOf(lab, pane, name));

  const call = async (make: () => Params, count: number) => {
    const { door } = useLab.getState();
    let answer: Answer | undefined;
    const once = async () => {
      answer = await connection.call(door, name, make(), status);
      return answer;
    };
    setBusy(true);
    const end = new AbortController();
    stop.current = end;
    const series = await repeat(count, once, end.signal);
    setBusy(false);
    setOutcome(pane, { name, status, answer, series: count > 1 ? series : undefined });
  };
  const { answer } = outcome ?? {};
  return (
    <>
      <CallForm
        pane={pane}
        me={connection.user}
        operation={operation}
        schemas={reference.schemas}
        errorAt={(field) => (answer?.kind === "refused" ? answer.error.at(field) : undefined)}
        busy={busy}
        onCall={(make, count) => void call(make, count)}
        onStop={() => stop.current?.abort()}
      />
      <ResultView outcome={outcome} />
    </>
  );
}
