import { t } from "../../text/index.ts";
import { shownFields } from "../docs/example.ts";
import type { Operation } from "../docs/reference.ts";
import type { FormField, Values } from "./form.ts";
import { type Known, kindOf } from "./ids.ts";

/** What has been seen and fits into a field; oneself at the end. */
export function fitting(known: readonly Known[], operation: string, field: string, me: string): readonly Known[] {
  const kind = kindOf(operation, field);
  const others = known.filter((each) => each.kind === kind && each.id !== me);
  return [...others, ...known.filter((each) => each.kind === kind && each.id === me)];
}

/** What a form begins with: ids of what was seen last, so that most calls can be made at once. */
export function initialValues(
  operation: Operation,
  fields: readonly FormField[],
  known: readonly Known[],
  me: string,
): Values {
  const values: Record<string, string> = {};
  const shown = shownFields(operation);
  for (const { name, isId, fresh } of fields) {
    if (!isId || fresh || !shown.includes(name)) continue;
    const [first] = fitting(known, operation.name, name, me);
    if (first !== undefined) values[name] = first.id;
  }
  if (operation.name === "message.send") values.content = t.developer.hello;
  return values;
}
