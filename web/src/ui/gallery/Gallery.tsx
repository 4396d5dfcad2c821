import {
  Archive,
  Check,
  Copy,
  MessageCircle,
  MoreHorizontal,
  Palette,
  Pencil,
  Pin,
  Reply,
  Undo2,
  X,
} from "lucide-react";
import { type ReactNode, useState } from "react";
import { Avatar } from "../Avatar.tsx";
import { Button } from "../Button.tsx";
import { Card } from "../Card.tsx";
import { Chip } from "../Chip.tsx";
import { ContextMenu } from "../ContextMenu.tsx";
import { Count } from "../Count.tsx";
import { confirm } from "../confirm.tsx";
import { Dialog } from "../Dialog.tsx";
import { EmojiPicker } from "../EmojiPicker.tsx";
import { Empty } from "../Empty.tsx";
import "./Gallery.css";
import { IconButton } from "../IconButton.tsx";
import { Mark } from "../Mark.tsx";
import { Markdown } from "../Markdown.tsx";
import { Menu, type MenuItem } from "../Menu.tsx";
import { Segments } from "../Segments.tsx";
import { SettingRow } from "../SettingRow.tsx";
import { Skeleton } from "../Skeleton.tsx";
import { Switch } from "../Switch.tsx";
import { Tabs } from "../Tabs.tsx";
import { Tag } from "../Tag.tsx";
import { Time } from "../Time.tsx";
import { toast } from "../toast.tsx";
import { Fields } from "./Fields.tsx";

const NAMES = [
  "Ada Okafor",
  "Ben Lindqvist",
  "نور الدين المصري",
  "Haus 14 🏡",
  "mira",
  "👩‍🚀",
  "Priya Raman",
  "Léa Fontaine",
];

const ITEMS: MenuItem[] = [
  { label: "Reply", icon: Reply, shortcut: "r", onSelect: () => toast("Reply") },
  { label: "Copy text", icon: Copy, shortcut: "mod+c", onSelect: () => toast("Copied", { icon: Check }) },
  { label: "Edit", icon: Pencil, shortcut: "up", disabled: true, onSelect: () => undefined },
  { label: "Pinned", icon: Pin, checked: true, onSelect: () => undefined },
  "line",
  { label: "Unsend", icon: Undo2, danger: true, onSelect: () => undefined },
];

const TEXT =
  "**Strong**, _soft_, ~~gone~~, `code` and https://example.org\n\n- one\n- two\n\n> said before\n\n```js\nconst answer = 6 * 7; // a line that is too long for its box\n```\nhi @ada and @sam, <b>not bold</b>";
const MENTIONS = [
  { id: "a", username: "ada" },
  { id: "s", username: "sam" },
];

/** Every part in every state; only while developing. */
export function Gallery() {
  return (
    <div className="gallery">
      <Buttons />
      <Stage title="Avatars: round is a person, square is a place">
        <div className="gallery__line">
          {NAMES.map((name, i) => (
            <Avatar
              key={name}
              id={`u${i}`}
              name={name}
              size={46}
              presence={([null, "online", "away"] as const)[i % 3]}
            />
          ))}
          <Avatar id="g" name="Release 2.4" size={46} kind="group" />
          <Avatar id="b" name="Echo" size={46} kind="bot" />
          <Avatar id="u92" name="Ada Okafor" size={92} presence="online" />
          <Avatar id="u28" name="Ada Okafor" size={28} presence="away" />
        </div>
      </Stage>
      <Marks />
      <Stage title="Fields">
        <Fields />
      </Stage>
      <Choices />
      <Overlays />
      <Stage title="Text">
        <Markdown text={TEXT} mentions={MENTIONS} me="s" />
      </Stage>
      <Stage title="Emoji">
        <EmojiPicker onPick={(emoji) => toast(emoji)} />
      </Stage>
      <Stage title="Empty, loading">
        <Empty
          icon={MessageCircle}
          title="No chats yet"
          text="Write to a friend, or find someone by name."
          action={<Button kind="primary">New chat</Button>}
        />
        <Skeleton rows={3} />
      </Stage>
    </div>
  );
}

function Stage({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h2>{title}</h2>
      <div className="gallery__stage">{children}</div>
    </section>
  );
}

function Buttons() {
  return (
    <Stage title="Buttons">
      {(["md", "sm", "lg"] as const).map((size) => (
        <div className="gallery__line" key={size}>
          {(["primary", "plain", "outline", "quiet", "danger", "danger-quiet"] as const).map((kind) => (
            <Button key={kind} kind={kind} size={size}>
              {kind}
            </Button>
          ))}
        </div>
      ))}
      <div className="gallery__line">
        <Button kind="primary" busy>
          Save
        </Button>
        <Button kind="primary" disabled>
          Off
        </Button>
        <Button icon={Archive}>Archive</Button>
        <IconButton icon={Pencil} label="Edit" shortcut="up" />
        <IconButton icon={Palette} label="Look" active />
        <IconButton icon={X} label="Close" size="sm" />
        <IconButton icon={X} label="Off" disabled />
      </div>
      <Button block kind="primary" size="lg">
        Sign in
      </Button>
    </Stage>
  );
}

function Marks() {
  const now = Date.now();
  const at = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  return (
    <Stage title="Counts, tags, chips, times">
      <div className="gallery__line">
        <Mark size={44} unread />
        <Mark size={30} />
        <Count value={7} />
        <Count value={18} kind="muted" />
        <Count value={120} max={99} />
        <Count value={4000} />
        <Count value="@" />
        <Tag>bot</Tag>
      </div>
      <div className="gallery__line">
        <Chip>Friend</Chip>
        <Chip kind="accent" icon={Check}>
          Friend since May
        </Chip>
        <Chip kind="spark">Development</Chip>
        <Chip kind="good">This device</Chip>
        <Chip kind="bad">Failed</Chip>
        <Chip onClick={() => undefined}>mira.c</Chip>
        <Chip onClick={() => undefined} pressed>
          Photos
        </Chip>
      </div>
      <div className="gallery__line">
        <Time at={at(1)} style="clock" />
        <Time at={at(1440)} style="list" />
        <Time at={at(5000)} style="list" />
        <Time at={at(50000)} style="list" />
        <Time at={at(5000)} style="full" />
        <Time at={at(7)} style="relative" />
      </div>
    </Stage>
  );
}

function Choices() {
  const [on, setOn] = useState(true);
  const [tab, setTab] = useState<"chats" | "requests" | "archived">("chats");
  const options = [
    { value: "chats", label: "Chats" },
    { value: "requests", label: "Requests", count: 2 },
    { value: "archived", label: "Archived" },
  ] as const;
  return (
    <Stage title="Choices">
      <Tabs label="Lists" value={tab} onChange={setTab} options={options} />
      <Segments label="Lists" value={tab} onChange={setTab} options={options} />
      <Card>
        <Switch
          label="Read receipts"
          description="Off: you don't send them and don't see them."
          checked={on}
          onChange={setOn}
        />
        <SettingRow
          title="Sound"
          text="A tone for each new message."
          control={<Switch label="Sound" checked={!on} onChange={(next) => setOn(!next)} />}
        />
        <SettingRow title="Locked" control={<Switch label="Locked" checked onChange={setOn} disabled />} />
        <SettingRow title="Language" control={<Button size="sm">English</Button>} />
      </Card>
    </Stage>
  );
}

function Overlays() {
  const [open, setOpen] = useState<"md" | "lg">();
  const close = () => setOpen(undefined);
  return (
    <Stage title="Overlays">
      <div className="gallery__line">
        <Menu trigger={<IconButton icon={MoreHorizontal} label="More" />} items={ITEMS} />
        <ContextMenu items={ITEMS}>
          <Button>Right click</Button>
        </ContextMenu>
        <Button onClick={() => setOpen("md")}>Dialog</Button>
        <Button onClick={() => setOpen("lg")}>Picker</Button>
        <Button
          onClick={async () => {
            const text = "It disappears for everyone. A short note stays in its place.";
            if (await confirm({ title: "Unsend this message?", text, verb: "Unsend", danger: true })) toast("Unsent");
          }}
        >
          Confirm
        </Button>
        <Button
          onClick={() =>
            toast("Chat archived", { icon: Archive, action: { label: "Undo", onClick: () => toast("Back") } })
          }
        >
          Toast
        </Button>
      </div>
      <Dialog
        open={open !== undefined}
        onOpenChange={close}
        size={open}
        title="New chat"
        description="Friends first."
        footer={
          <>
            <Button onClick={close}>Cancel</Button>
            <Button kind="primary" onClick={close}>
              Start
            </Button>
          </>
        }
      >
        <Fields />
      </Dialog>
    </Stage>
  );
}
