import { ApiError } from "../../api/errors.ts";
import type { User } from "../../api/types.ts";
import { t } from "../../text/groups.ts";
import { refusal } from "../../text/refusal.ts";
import { nameOf } from "../profile/person.ts";

/** Which of the people that were to be invited stand against it: the server names them by their places in the list. */
export function refusedPeople(error: unknown, picked: readonly User[]): User[] {
  if (!(error instanceof ApiError)) return [];
  const places = error.errors.flatMap(({ path }) => /^\$\.(?:memberIds|userIds)\[(\d+)\]/.exec(path)?.[1] ?? []);
  return places.flatMap((place) => picked[Number(place)] ?? []);
}

/** Why people were not invited, in words. */
export function notInvited(error: unknown, picked: readonly User[]): string {
  const names = refusedPeople(error, picked).map(nameOf);
  if (names.length > 0) return t.groups.cannotBeInvited(names.join(", "));
  if (!(error instanceof ApiError)) return refusal(error);
  if (error.code === "conflict") return t.groups.full;
  return error.code === "forbidden" ? t.groups.notAllowed : refusal(error);
}
