import { CircleAlert, CircleCheck } from "lucide-react";
import { type ReactNode, useId } from "react";
import { cx } from "./cx.ts";
import "./Field.css";

export interface FieldIds {
  id: string;
  describedBy: string | undefined;
  invalid: true | undefined;
}

export interface FieldProps {
  label: string;
  hint?: ReactNode;
  /** Takes the place of the hint. */
  error?: string;
  /** That what stands there is fine, as "@mira is free". */
  good?: string;
  children: (ids: FieldIds) => ReactNode;
}

/** A label above, a control, and a note below that keeps its height. */
export function Field({ label, hint, error, good, children }: FieldProps) {
  const id = useId();
  const note = error || good || hint;
  const noteId = `${id}-note`;
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      {children({ id, describedBy: note ? noteId : undefined, invalid: error ? true : undefined })}
      <div
        id={noteId}
        className={cx("field__note", error && "field__note--bad", !error && good && "field__note--good")}
        aria-live="polite"
      >
        {note && (
          <>
            {error ? <CircleAlert /> : good && <CircleCheck />}
            <span>{note}</span>
          </>
        )}
      </div>
    </div>
  );
}
