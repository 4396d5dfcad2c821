import { t } from "../../text/groups.ts";
import { lengthOf, nameProblem } from "../profile/names.ts";

export const MOST_NAME = 64;
export const MOST_DESCRIPTION = 500;

/** Marks that change the direction of text; lines are fine. */
const STRANGE_IN_TEXT = /[\u202a-\u202e\u2066-\u206f\ufff9-\ufffb]/;

/** What is wrong with the name of a group, in words. `refused`: the server did not take it. */
export function nameError(name: string, refused = false): string | undefined {
  const problem = nameProblem(name, MOST_NAME);
  if (problem === "long") return t.people.tooLong(MOST_NAME);
  return problem === "strange" || refused ? t.people.badName : undefined;
}

export function descriptionError(text: string, refused = false): string | undefined {
  if (lengthOf(text) > MOST_DESCRIPTION) return t.people.tooLong(MOST_DESCRIPTION);
  return refused || STRANGE_IN_TEXT.test(text) ? t.errors.invalid : undefined;
}
