import { ChevronDown, Copy, DoorOpen, History, Link2, type LucideIcon, UserRoundPlus } from "lucide-react";
import type { GroupInfo } from "../../api/types.ts";
import { t } from "../../text/groups.ts";
import { copyText } from "../../ui/copy.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { Menu } from "../../ui/Menu.tsx";
import { SwitchRow } from "../profile/DetailsRows.tsx";
import "./GroupKept.css";
import type { GroupActs } from "./groupActs.ts";
import { may, type Role } from "./rules.ts";

interface GroupKeptProps {
  group: GroupInfo;
  role: Role | undefined;
  acts: GroupActs;
}

const JOIN = ["closed", "request", "link"] as const;
const INVITE = ["admins", "members"] as const;

/** How a group is kept: who may come in, who may invite, what new members see. Who may not change it reads it. */
export function GroupKept({ group, role, acts }: GroupKeptProps) {
  const { joinPolicy = "closed", invitePolicy = "admins", historyVisible = true } = group;
  const mayChange = may("update", role);
  return (
    <div className="person-block">
      <Choice
        icon={DoorOpen}
        what={t.groups.whoJoins}
        words={t.groups.joinPolicies}
        options={JOIN}
        value={joinPolicy}
        onChange={mayChange ? (value) => void acts.update({ joinPolicy: value }) : undefined}
      />
      {joinPolicy === "request" && <Address groupId={group.id} />}
      <Choice
        icon={UserRoundPlus}
        what={t.groups.whoInvites}
        words={t.groups.invitePolicies}
        options={INVITE}
        value={invitePolicy}
        onChange={mayChange ? (value) => void acts.update({ invitePolicy: value }) : undefined}
      />
      {mayChange ? (
        <SwitchRow
          icon={History}
          label={t.groups.historyVisible}
          checked={historyVisible}
          onChange={() => void acts.update({ historyVisible: !historyVisible })}
        />
      ) : (
        <Fact icon={History} what={t.groups.historyVisible} value={historyVisible ? t.groups.yes : t.groups.no} />
      )}
    </div>
  );
}

interface ChoiceProps<V extends string> {
  icon: LucideIcon;
  what: string;
  words: Readonly<Record<V, string>>;
  options: readonly V[];
  value: V;
  /** Without it, it is only read. */
  onChange: ((value: V) => void) | undefined;
}

function Choice<V extends string>({ icon: Icon, what, words, options, value, onChange }: ChoiceProps<V>) {
  if (onChange === undefined) return <Fact icon={Icon} what={what} value={words[value]} />;
  const trigger = (
    <button type="button" className="person-row group-fact">
      <Icon />
      <span className="group-fact__what">{what}</span>
      <span className="group-fact__value">
        {words[value]}
        <ChevronDown />
      </span>
    </button>
  );
  const items = options.map((option) => ({
    label: words[option],
    checked: option === value,
    onSelect: () => option !== value && onChange(option),
  }));
  return <Menu trigger={trigger} items={items} />;
}

function Fact({ icon: Icon, what, value }: { icon: LucideIcon; what: string; value: string }) {
  return (
    <div className="person-row group-fact">
      <Icon />
      <span className="group-fact__what">{what}</span>
      <span className="group-fact__value">{value}</span>
    </div>
  );
}

/** Where somebody asks to be let in: whoever has it may. */
function Address({ groupId }: { groupId: string }) {
  const address = `${location.origin}/g/${groupId}`;
  return (
    <div className="person-row group-fact">
      <Link2 />
      <span className="group-fact__what">{t.groups.address}</span>
      <IconButton size="sm" icon={Copy} label={t.groups.copyAddress} onClick={() => void copyText(address)} />
    </div>
  );
}
