import { BookOpen, Braces } from "lucide-react";
import { type FormEvent, Fragment, type KeyboardEvent, useMemo } from "react";
import { useLocation } from "wouter";
import { uuid } from "../../engine/uuid.ts";
import { t } from "../../text/developer.ts";
import { Button } from "../../ui/Button.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Segments } from "../../ui/Segments.tsx";
import { TextArea } from "../../ui/TextArea.tsx";
import { docsPath } from "../docs/places.ts";
import type { Operation } from "../docs/reference.ts";
import type { Schemas } from "../docs/schema.ts";
import type { Params } from "./connection.ts";
import { FieldControl, type Value } from "./FieldControl.tsx";
import { type FormError, fieldsOf, paramsOf, paramsOfJson, valuesOf } from "./form.ts";
import { fitting, initialValues } from "./initial.ts";
import { draftOf, setDoor, setDraft, useLab } from "./state.ts";
import "./CallForm.css";

export interface CallFormProps {
  pane: number;
  me: { id: string; displayName: string };
  operation: Operation;
  schemas: Schemas;
  /** What the server said of a field at the last call. */
  errorAt: (field: string) => string | undefined;
  busy: boolean;
  /** With `make` the parameters of each call anew. */
  onCall: (make: () => Params, count: number) => void;
  onStop: () => void;
}

/** So many calls the second button makes. */
const MANY = 100;

/** A call, with a field for each of its parameters, or as JSON. */
export function CallForm({ pane, me, operation, schemas, errorAt, busy, onCall, onStop }: CallFormProps) {
  const lab = useLab();
  const fields = useMemo(() => fieldsOf(operation.params, schemas), [operation, schemas]);
  const here = lab.panes.flatMap(({ connection }) => connection?.user.id ?? []);
  const draft = draftOf(lab, pane, operation.name) ?? {
    values: { ...initialValues(operation, fields, lab.known, me.id, here), ...lab.given[operation.name] },
    json: undefined,
  };
  const made = draft.json === undefined ? paramsOf(fields, draft.values, () => "") : undefined;
  const jsonError = draft.json === undefined ? undefined : errorOf(paramsOfJson(draft.json));
  const ready = jsonError === undefined && Object.keys(made?.errors ?? {}).length === 0;

  const make = (): Params => {
    if (draft.json === undefined) return paramsOf(fields, draft.values, uuid).params;
    const params = paramsOfJson(draft.json);
    return typeof params === "string" ? {} : params;
  };
  const set = (field: string, value: Value) => {
    const { [field]: _, ...rest } = draft.values;
    setDraft(pane, operation.name, { ...draft, values: value === undefined ? rest : { ...rest, [field]: value } });
  };
  const toggleJson = () => {
    const json = draft.json === undefined ? JSON.stringify(make(), null, 2) : undefined;
    const values = draft.json === undefined ? draft.values : valuesOf(fields, make());
    setDraft(pane, operation.name, { values, json });
  };
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (ready && !busy) onCall(make, 1);
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <form className="lab-form" onSubmit={submit} onKeyDown={keyDown} noValidate>
      <FormHead operation={operation} json={draft.json !== undefined} onJson={toggleJson} />
      {draft.json !== undefined ? (
        <>
          <TextArea
            className="lab-field__input"
            aria-label={t.developer.json}
            aria-invalid={jsonError ? true : undefined}
            dir="ltr"
            spellCheck={false}
            value={draft.json}
            onChange={(event) => setDraft(pane, operation.name, { ...draft, json: event.target.value })}
          />
          {jsonError && <p className="lab-field__error">{t.developer[jsonError]}</p>}
        </>
      ) : (
        fields.map((field) => (
          <FieldControl
            key={field.name}
            field={field}
            value={draft.values[field.name]}
            onChange={(value) => set(field.name, value)}
            known={field.isId && !field.fresh ? fitting(lab.known, operation.name, field.name, me.id, here) : []}
            error={words(made?.errors[field.name]) ?? errorAt(field.name)}
          />
        ))
      )}
      {draft.json === undefined && fields.length === 0 && <p className="lab-form__none">{t.developer.noFields}</p>}
      <div className="lab-form__acts">
        <Button kind="primary" size="sm" type="submit" busy={busy} disabled={!ready}>
          {t.developer.callAs(me.displayName.split(" ")[0] ?? me.displayName)}
        </Button>
        {busy ? (
          <Button size="sm" onClick={onStop}>
            {t.developer.stop}
          </Button>
        ) : (
          <Button
            size="sm"
            disabled={!ready}
            aria-label={t.developer.timesName(MANY)}
            onClick={() => onCall(make, MANY)}
          >
            {t.developer.times(MANY)}
          </Button>
        )}
      </div>
    </form>
  );
}

function FormHead({ operation, json, onJson }: { operation: Operation; json: boolean; onJson: () => void }) {
  const { door } = useLab();
  const [, navigate] = useLocation();
  return (
    <div className="lab-form__head">
      <h3 className="lab-form__name" dir="ltr">
        <Breakable text={door === "wamp" ? `chatr.${operation.name}` : `${operation.verb} ${operation.path}`} />
      </h3>
      <IconButton size="sm" icon={Braces} label={t.developer.json} active={json} aria-pressed={json} onClick={onJson} />
      <IconButton
        size="sm"
        icon={BookOpen}
        label={t.developer.inDocs}
        onClick={() => navigate(docsPath({ kind: "operation", name: operation.name }))}
      />
      <Segments
        label={t.developer.door}
        value={door}
        onChange={setDoor}
        options={[
          { value: "wamp", label: t.developer.wamp },
          { value: "rest", label: t.developer.rest },
        ]}
      />
    </div>
  );
}

/** A name that is cut between its parts where it does not fit. */
function Breakable({ text }: { text: string }) {
  return text.split(/(?<=[._/])/).map((part, at) => (
    <Fragment key={String(at)}>
      {part}
      <wbr />
    </Fragment>
  ));
}

function errorOf(params: Params | FormError): FormError | undefined {
  return typeof params === "string" ? params : undefined;
}

function words(error: FormError | undefined): string | undefined {
  return error && t.developer[error];
}
