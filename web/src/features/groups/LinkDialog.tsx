import { type ReactNode, useState } from "react";
import { useEngine } from "../../session/session.ts";
import { t } from "../../text/groups.ts";
import { Button } from "../../ui/Button.tsx";
import { copyText } from "../../ui/copy.ts";
import { Dialog } from "../../ui/Dialog.tsx";
import { Segments } from "../../ui/Segments.tsx";
import "./LinkDialog.css";
import { told } from "./groupActs.ts";

interface LinkDialogProps {
  groupId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onMade: () => Promise<void>;
}

const DAY_MS = 86_400_000;
const LASTS = { never: undefined, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;
const COUNTS = { any: undefined, one: 1, ten: 10, hundred: 100 } as const;
type Lasts = keyof typeof LASTS;
type Counts = keyof typeof COUNTS;

/** How long a new link lets people in, and how many. It is copied at once. */
export function LinkDialog({ groupId, open, onOpenChange, onMade }: LinkDialogProps) {
  const engine = useEngine();
  const [lasts, setLasts] = useState<Lasts>("week");
  const [counts, setCounts] = useState<Counts>("any");
  const [busy, setBusy] = useState(false);
  const make = async () => {
    const ms = LASTS[lasts];
    const uses = COUNTS[counts];
    const until = ms === undefined ? {} : { expiresAt: new Date(Date.now() + ms).toISOString() };
    setBusy(true);
    const call = engine.call("group.link_create", { id: groupId, ...until, ...(uses && { uses }) });
    const made = call.then(({ url }) => copyText(url).catch(() => undefined));
    if (await told(made, t.groups.tooManyLinks)) onOpenChange(false);
    setBusy(false);
    await onMade();
  };
  const footer = (
    <>
      <Button onClick={() => onOpenChange(false)}>{t.common.cancel}</Button>
      <Button kind="primary" busy={busy} onClick={() => void make()}>
        {t.groups.linkCreate}
      </Button>
    </>
  );
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t.groups.newLink}
      description={t.groups.newLinkText}
      footer={footer}
    >
      <Row title={t.groups.linkEnds}>
        <Segments value={lasts} onChange={setLasts} options={optionsOf(t.groups.linkLasts)} label={t.groups.linkEnds} />
      </Row>
      <Row title={t.groups.linkUses}>
        <Segments
          value={counts}
          onChange={setCounts}
          options={optionsOf(t.groups.linkCounts)}
          label={t.groups.linkUses}
        />
      </Row>
    </Dialog>
  );
}

function Row({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="link-dialog__row">
      <span className="link-dialog__title" aria-hidden="true">
        {title}
      </span>
      {children}
    </div>
  );
}

function optionsOf<V extends string>(words: Readonly<Record<V, string>>) {
  return (Object.keys(words) as V[]).map((value) => ({ value, label: words[value] }));
}
