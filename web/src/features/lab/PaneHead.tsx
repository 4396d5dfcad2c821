import { LogOut, Plug, Scissors, SlidersHorizontal, Snail, Unplug, X } from "lucide-react";
import { t } from "../../text/developer.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import { Chip, type ChipProps } from "../../ui/Chip.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { Menu, type MenuItem } from "../../ui/Menu.tsx";
import { type ConnectionView, type LabConnection, SLOW_MS } from "./connection.ts";
import { Sparkline } from "./Sparkline.tsx";
import { closePane, type PaneState, signOut } from "./state.ts";

const CHIPS: Record<ConnectionView["status"], ChipProps["kind"]> = {
  connecting: "plain",
  connected: "good",
  lost: "spark",
  offline: "spark",
  ended: "bad",
};

/** Whose pane it is, how its connection does, and what can be done to it. */
export function PaneHead({ pane, closable }: { pane: PaneState; closable: boolean }) {
  const { id, connection, view } = pane;
  if (connection === undefined || view === undefined) {
    return (
      <header className="lab-pane__head">
        <h2 className="lab-pane__name">{t.developer.newPane}</h2>
        {closable && <IconButton size="sm" icon={X} label={t.developer.closePane} onClick={() => closePane(id)} />}
      </header>
    );
  }
  const { user } = connection;
  return (
    <header className="lab-pane__head">
      <Avatar
        id={user.id}
        name={user.displayName}
        src={user.profileImage}
        size={32}
        presence={view.status === "connected" ? "online" : null}
      />
      <div className="lab-pane__who">
        <h2 className="lab-pane__name ellipsis">
          <bdi>{user.displayName}</bdi>
        </h2>
        <span className="lab-pane__format ellipsis" dir="ltr">
          {view.connection === "" ? "json" : `json · ${view.connection.slice(0, 4)}`}
        </span>
      </div>
      <Sparkline values={view.latencies} />
      <span role="status">
        <Chip kind={CHIPS[view.status]}>{t.developer.states[view.status]}</Chip>
      </span>
      {view.status !== "ended" && (
        <IconButton
          size="sm"
          icon={Scissors}
          label={t.developer.drop}
          disabled={view.status !== "connected"}
          onClick={() => connection.drop()}
        />
      )}
      <Menu
        trigger={<IconButton size="sm" icon={SlidersHorizontal} label={t.developer.connection} />}
        items={menuItems(pane, connection, view, closable)}
      />
    </header>
  );
}

function menuItems(pane: PaneState, connection: LabConnection, view: ConnectionView, closable: boolean): MenuItem[] {
  const items: MenuItem[] = [];
  if (view.status === "offline") {
    items.push({ label: t.developer.goOnline, icon: Plug, onSelect: () => connection.goOnline() });
  } else if (view.status !== "ended") {
    items.push({ label: t.developer.goOffline, icon: Unplug, onSelect: () => void connection.goOffline() });
  }
  const seconds = `${SLOW_MS / 1000} s`;
  items.push(
    {
      label: `${t.developer.slow} (${seconds})`,
      icon: Snail,
      checked: view.slow,
      onSelect: () => connection.setSlow(!view.slow),
    },
    "line",
    { label: t.developer.signOut, icon: LogOut, onSelect: () => signOut(pane.id) },
  );
  if (closable) items.push({ label: t.developer.closePane, icon: X, onSelect: () => closePane(pane.id) });
  return items;
}
