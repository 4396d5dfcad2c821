import { useLiveQuery } from "dexie-react-hooks";
import { BookOpen, FlaskConical, type LucideIcon, MessageCircle, Settings2, UserRound, UsersRound } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Me } from "../api/types.ts";
import type { Connection } from "../db/schema.ts";
import { useEngine } from "../session/session.ts";
import { t } from "../text/index.ts";
import { Avatar } from "../ui/Avatar.tsx";
import { Count } from "../ui/Count.tsx";
import { cx } from "../ui/cx.ts";
import { Mark } from "../ui/Mark.tsx";
import { Tooltip } from "../ui/Tooltip.tsx";
import type { Place } from "./places.ts";
import "./Rail.css";
import type { Waiting } from "./useAttention.ts";

export interface NavigationProps {
  area: Place["area"];
  waiting: Waiting;
  /** The lab is a place of a server in development. */
  lab: boolean;
}

/** The way to everything, at the side. */
export function Rail({ area, waiting, lab }: NavigationProps) {
  return (
    <nav className="rail" aria-label={t.common.main}>
      <Mark size={30} unread={waiting.unread > 0} />
      <Waits area={area} waiting={waiting} />
      <span className="rail__space" />
      {lab && <Entry to="/lab" icon={FlaskConical} label={t.common.lab} on={area === "lab"} />}
      <Entry to="/docs" icon={BookOpen} label={t.common.docs} on={area === "docs"} />
      <Entry to="/settings" icon={Settings2} label={t.common.settings} on={area === "settings"} />
      <Entry to="/profile" label={t.common.yourProfile} on={area === "profile"}>
        <OwnAvatar />
      </Entry>
    </nav>
  );
}

/** The same at the foot of a narrow screen. */
export function TabBar({ area, waiting }: Omit<NavigationProps, "lab">) {
  return (
    <nav className="tab-bar" aria-label={t.common.main}>
      <Waits bar area={area} waiting={waiting} />
      <Entry bar to="/settings" icon={Settings2} label={t.common.settings} on={area === "settings"} />
      <Entry bar to="/profile" icon={UserRound} label={t.common.you} on={area === "profile"} />
    </nav>
  );
}

/** Where something may wait. */
function Waits({ area, waiting, bar = false }: Pick<NavigationProps, "area" | "waiting"> & Pick<EntryProps, "bar">) {
  return (
    <>
      <Entry
        bar={bar}
        to="/"
        icon={MessageCircle}
        label={t.common.chats}
        on={area === "chats"}
        count={waiting.unread}
        name={t.common.chatsUnread}
      />
      <Entry
        bar={bar}
        to="/friends"
        icon={UsersRound}
        label={t.common.friends}
        on={area === "friends"}
        count={waiting.requests}
        name={t.common.friendsWaiting}
      />
    </>
  );
}

interface EntryProps {
  to: string;
  label: string;
  on: boolean;
  icon?: LucideIcon;
  count?: number;
  /** The name with the count, which is part of it. */
  name?: (count: number) => string;
  /** With its label, as at the foot. */
  bar?: boolean;
  children?: ReactNode;
}

function Entry({ to, label, on, icon: Icon, count = 0, name, bar = false, children }: EntryProps) {
  const block = bar ? "tab-bar" : "rail";
  const link = (
    <Link
      href={to}
      className={cx(`${block}__entry`, on && `${block}__entry--on`)}
      aria-current={on ? "page" : undefined}
    >
      <span className="visually-hidden">{count > 0 && name ? name(count) : label}</span>
      {Icon && <Icon />}
      {children}
      <span aria-hidden="true" className={bar ? "tab-bar__label ellipsis" : "rail__label"}>
        {bar && label}
        <Count value={count} max={99} />
      </span>
    </Link>
  );
  return bar ? link : <Tooltip label={label}>{link}</Tooltip>;
}

/** Oneself: online is who is connected. */
function OwnAvatar() {
  const { db, userId } = useEngine();
  const me = useLiveQuery(async () => (await db.meta.get("me"))?.value as Me | undefined, [db]);
  const connection = useLiveQuery(async () => (await db.meta.get("connection"))?.value as Connection | undefined, [db]);
  const presence = connection?.state === "online" ? "online" : null;
  return <Avatar id={userId} name={me?.displayName ?? ""} src={me?.profileImage} size={34} presence={presence} />;
}
