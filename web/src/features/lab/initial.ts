import { t } from "../../text/developer.ts";
import { shownFields } from "../docs/example.ts";
import type { Operation } from "../docs/reference.ts";
import type { FormField, Values } from "./form.ts";
import { type Known, kindOf } from "./ids.ts";

/** What fits into a field: people, first those who are in the lab too, oneself at the end; of all else what one has seen oneself. */
export function fitting(
  known: readonly Known[],
  operation: string,
  field: string,
  me: string,
  here: readonly string[],
): readonly Known[] {
  const kind = kindOf(operation, field);
  const all = known.filter((each) => each.kind === kind && (kind === "user" || each.seenBy.includes(me)));
  const rank = (id: string) => (id === me ? 2 : here.includes(id) ? 0 : 1);
  return all.toSorted((a, b) => rank(a.id) - rank(b.id));
}

/** What a form begins with: ids of what was seen last, so that most calls can be made at once. */
export function initialValues(
  operation: Operation,
  fields: readonly FormField[],
  known: readonly Known[],
  me: string,
  here: readonly string[],
): Values {
  const values: Record<string, string> = {};
  const shown = shownFields(operation);
  for (const { name, isId, fresh } of fields) {
    if (!isId || fresh || !shown.includes(name)) continue;
    const [first] = fitting(known, operation.name, name, me, here);
    if (first !== undefined) values[name] = first.id;
  }
  if (operation.name === "message.send") values.content = t.developer.hello;
  return values;
}
