import type { OperationName, ParamsOf, ResultOf } from "../../src/api/types.ts";
import type { Device } from "./device.ts";
import type { Account } from "./server.ts";

/** What acts in groups are made of. */
interface Means {
  chance: { of<T>(items: readonly T[]): T | undefined };
  people: readonly Account[];
  call<N extends OperationName>(device: Device, name: N, params: ParamsOf<N>): Promise<ResultOf<N> | undefined>;
  write(device: Device, target: string): Promise<void>;
}

/** What people do in groups, whether they may or not. */
export function groupActs({ chance, people, call, write }: Means): Record<string, (device: Device) => Promise<void>> {
  /** Links that were made, which anybody may try. */
  const codes: string[] = [];
  const group = async (device: Device) =>
    chance.of(await device.engine.db.conversations.filter((row) => row.kind === "group").toArray());
  const others = (device: Device) => people.filter((account) => account !== device.person).map(({ id }) => id);

  /** An act on a group. */
  const on =
    <N extends OperationName>(name: N, params: (id: string, device: Device) => ParamsOf<N>) =>
    async (device: Device) => {
      const found = await group(device);
      if (found) void call(device, name, params(found.id, device));
    };
  /** An act on one of the people, members or not. */
  const onSomebody = <N extends "group.remove_member" | "group.demote" | "group.transfer_ownership">(name: N) =>
    on(name, (id) => ({ id, userId: chance.of(people)?.id ?? "" }) as ParamsOf<N>);
  const answer = (name: "group.accept" | "group.decline") => async (device: Device) => {
    const invite = chance.of(await device.engine.db.invites.toArray());
    if (invite) void call(device, name, { id: invite.id });
  };

  return {
    create: async (device) => void call(device, "group.create", { name: "Group", memberIds: others(device) }),
    invite: on("group.invite", (id, device) => ({ id, userIds: others(device) })),
    accept: answer("group.accept"),
    refuse: answer("group.decline"),
    quit: on("group.leave", (id) => ({ id })),
    remove: onSomebody("group.remove_member"),
    demote: onSomebody("group.demote"),
    transfer: onSomebody("group.transfer_ownership"),
    promote: on("group.promote", (id) => ({
      id,
      userId: chance.of(people)?.id ?? "",
      role: chance.of(["admin", "owner"] as const),
    })),
    stepDown: on("group.step_down", (id) => ({ id })),
    change: on("group.update", (id) => ({
      id,
      ...chance.of([
        { name: "Foxes" },
        { name: "Wolves", description: "howl" },
        { description: "" },
        { historyVisible: false },
        { historyVisible: true },
        { joinPolicy: "request" as const },
        { joinPolicy: "link" as const },
      ]),
    })),
    end: on("group.delete", (id) => ({ id })),
    link: async (device) => {
      const found = await group(device);
      if (found) void call(device, "group.link_create", { id: found.id }).then((made) => made && codes.push(made.code));
    },
    follow: async (device) => {
      const code = chance.of(codes);
      if (code) void call(device, "group.join_by_link", { code });
    },
    write: async (device) => {
      const found = await group(device);
      if (found) await write(device, `conversation:${found.id}`);
    },
  };
}
