import { ApiError } from "../../api/errors.ts";
import type { GroupMember, GroupUpdateParams, OperationName, ParamsOf } from "../../api/types.ts";
import type { Engine } from "../../engine/engine.ts";
import { t } from "../../text/groups.ts";
import { refusal } from "../../text/refusal.ts";
import { confirm, type Question } from "../../ui/confirm.tsx";
import { toast } from "../../ui/toast.tsx";
import { nameOf } from "../profile/person.ts";
import { type Leaving, leaving, type Roster } from "./roster.ts";

/** What one can do in a group. Each says itself when it fails, and answers whether it was done. */
export interface GroupActs {
  promote(member: GroupMember): Promise<boolean>;
  /** Asks first, as all do that one can't take back. */
  makeOwner(member: GroupMember): Promise<boolean>;
  demote(member: GroupMember): Promise<boolean>;
  transfer(member: GroupMember): Promise<boolean>;
  remove(member: GroupMember): Promise<boolean>;
  /** Take an invitation back, or refuse who asks to be let in. */
  turnAway(member: GroupMember): Promise<boolean>;
  letIn(member: GroupMember): Promise<boolean>;
  update(change: Omit<GroupUpdateParams, "id">): Promise<boolean>;
  stepDown(): Promise<boolean>;
  /** Stop being an admin. */
  stepBack(): Promise<boolean>;
  leave(): Promise<boolean>;
  /** Delete the group, for everybody. */
  end(): Promise<boolean>;
}

/** `done`: called behind each, whether or not it was done: what is shown may be of before. */
export function groupActs(engine: Engine, roster: Roster, done: () => void): GroupActs {
  const { id, name: group } = roster.group;
  const about = ({ user }: GroupMember) => ({ id, userId: user.id });
  const act = async <N extends OperationName>(name: N, params: ParamsOf<N>, conflict?: string) => {
    const went = await told(engine.call(name, params), conflict);
    done();
    return went;
  };
  const sure = async (question: Question, go: () => Promise<boolean>) => (await confirm(question)) && go();
  const me = { id, userId: engine.userId };
  return {
    promote: (member) => act("group.promote", about(member)),
    makeOwner: (member) =>
      sure(owning(nameOf(member.user)), () => act("group.promote", { ...about(member), role: "owner" })),
    demote: (member) => act("group.demote", about(member)),
    transfer: (member) =>
      sure(handing(group, nameOf(member.user)), () => act("group.transfer_ownership", about(member))),
    remove: (member) => sure(removing(group, nameOf(member.user)), () => act("group.remove_member", about(member))),
    turnAway: (member) => act("group.remove_member", about(member)),
    letIn: ({ user }) => act("group.invite", { id, userIds: [user.id] }, t.groups.full),
    update: (change) => act("group.update", { ...change, id }),
    stepDown: () => sure(STEPPING_DOWN, () => act("group.step_down", { id })),
    stepBack: () => sure(STEPPING_BACK, () => act("group.demote", me)),
    leave: () => sure(leavingQuestion(group, leaving(roster, engine.userId)), () => act("group.leave", { id })),
    end: () => sure(ending(group), () => act("group.delete", { id })),
  };
}

const owning = (name: string): Question => ({
  title: t.groups.makeOwnerTitle(name),
  text: t.groups.makeOwnerText(name),
  verb: t.groups.makeOwnerVerb,
});
const handing = (group: string, name: string): Question => ({
  title: t.groups.transferTitle(group, name),
  text: t.groups.transferText(name),
  verb: t.groups.transferVerb,
  danger: true,
});
const removing = (group: string, name: string): Question => ({
  title: t.groups.removeTitle(name, group),
  text: t.groups.removeText(name),
  verb: t.groups.removeVerb,
  danger: true,
});
const STEPPING_DOWN: Question = {
  title: t.groups.stepDownTitle,
  text: t.groups.stepDownText,
  verb: t.groups.stepDownVerb,
  danger: true,
};
const STEPPING_BACK: Question = {
  title: t.groups.stepBackTitle,
  text: t.groups.stepBackText,
  verb: t.groups.stepBackVerb,
  danger: true,
};
const ending = (group: string): Question => ({
  title: t.groups.deleteTitle(group),
  text: t.groups.deleteText,
  verb: t.groups.deleteVerb,
  danger: true,
});

/** What is asked of somebody who leaves: it says what becomes of the group. */
export function leavingQuestion(group: string, becomes: Leaving): Question {
  return { title: t.groups.leaveTitle(group), text: leavingText(becomes), verb: t.groups.leaveVerb, danger: true };
}

function leavingText(becomes: Leaving): string {
  switch (becomes.kind) {
    case "plain":
      return t.groups.leaveText;
    case "ends":
      return t.groups.leaveEnds;
    case "inherited":
      return becomes.heir === undefined
        ? t.groups.leaveInheritedBySomebody
        : t.groups.leaveInherited(nameOf(becomes.heir.user));
  }
}

/** Whether it was done; if not, it was said why. `conflict`: what stands against it, where that is known. */
export async function told(call: Promise<unknown>, conflict?: string): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    toast(refusedInGroup(error, conflict));
    return false;
  }
}

/** Why something in a group was refused that had been offered: somebody was quicker, mostly. */
export function refusedInGroup(error: unknown, conflict = t.groups.changed): string {
  if (!(error instanceof ApiError)) return refusal(error);
  switch (error.code) {
    case "forbidden":
      return t.groups.notAllowed;
    case "conflict":
      return conflict;
    case "blocked":
      return t.groups.cannotInvite;
    default:
      return refusal(error);
  }
}
