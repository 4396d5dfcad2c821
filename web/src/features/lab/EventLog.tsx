import { ArrowUp, Pause, Play, Radio, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import { VList, type VListHandle } from "virtua";
import { t } from "../../text/developer.ts";
import { locale } from "../../text/index.ts";
import { Button } from "../../ui/Button.tsx";
import { cx } from "../../ui/cx.ts";
import { Empty } from "../../ui/Empty.tsx";
import { IconButton } from "../../ui/IconButton.tsx";
import { SearchInput } from "../../ui/SearchInput.tsx";
import { Segments } from "../../ui/Segments.tsx";
import { Code } from "../docs/CodePanel.tsx";
import { clearLog, type Filter, filtered, type LogEntry, useLog } from "./log.ts";
import "./EventLog.css";

/** From so far on one reads, and nothing moves any more. */
const AWAY_PX = 4;
const ARROWS = { in: "↓", out: "↑", error: "!" };

/** What passed, the newest on top. It stands still while one reads further down, or when it is told to. */
export function EventLog() {
  const { entries } = useLog();
  const [filter, setFilter] = useState<Filter>("all");
  const [query, setQuery] = useState("");
  const [paused, setPaused] = useState(false);
  /** The newest entry that is shown, while it stands still. */
  const [held, setHeld] = useState<number>();
  const [open, setOpen] = useState<number>();
  const list = useRef<VListHandle>(null);

  const found = filtered(entries, filter, query);
  const shown = held === undefined ? found : found.filter(({ id }) => id <= held);
  const newer = found.length - shown.length;
  const newest = entries[0]?.id ?? 0;
  const scrolled = (offset: number) => {
    if (offset > AWAY_PX) setHeld((at) => at ?? newest);
    else if (!paused) setHeld(undefined);
  };
  const go = () => {
    setPaused(false);
    setHeld(undefined);
    list.current?.scrollTo(0);
  };
  const togglePause = () => {
    if (paused) go();
    else {
      setPaused(true);
      setHeld((at) => at ?? newest);
    }
  };
  return (
    <section className="lab-log" aria-label={t.developer.events}>
      <header className="lab-log__head">
        <h2>
          {t.developer.events}{" "}
          <span className="lab-log__count">{new Intl.NumberFormat(locale).format(entries.length)}</span>
        </h2>
        <Filters filter={filter} onFilter={setFilter} />
        <IconButton
          size="sm"
          icon={paused ? Play : Pause}
          label={paused ? t.developer.resume : t.developer.pause}
          active={paused}
          onClick={togglePause}
        />
        <IconButton size="sm" icon={Trash2} label={t.developer.clearEvents} onClick={clearLog} />
      </header>
      <div className="lab-log__filter">
        <SearchInput value={query} onChange={setQuery} placeholder={t.developer.filterEvents} />
      </div>
      <div className="lab-log__list" role="log" aria-live="off" aria-label={t.developer.events}>
        {shown.length > 0 ? (
          <VList ref={list} onScroll={scrolled} className="lab-log__entries">
            {shown.map((entry) => (
              <Row key={entry.id} entry={entry} open={entry.id === open} onToggle={setOpen} />
            ))}
          </VList>
        ) : (
          <Nothing any={entries.length > 0} />
        )}
        {newer > 0 && (
          <Button size="sm" icon={ArrowUp} className="lab-log__newer" onClick={go}>
            {t.developer.newer(newer)}
          </Button>
        )}
      </div>
    </section>
  );
}

function Filters({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  return (
    <Segments
      label={t.developer.direction}
      value={filter}
      onChange={onFilter}
      options={[
        { value: "all", label: t.developer.all },
        { value: "in", label: t.developer.in },
        { value: "out", label: t.developer.out },
        { value: "error", label: t.developer.errorsOnly },
      ]}
    />
  );
}

function Nothing({ any }: { any: boolean }) {
  if (any) return <p className="lab__none">{t.developer.noEventsFound}</p>;
  return <Empty icon={Radio} title={t.developer.noEvents} text={t.developer.noEventsText} />;
}

interface RowProps {
  entry: LogEntry;
  open: boolean;
  onToggle: (id: number | undefined) => void;
}

function Row({ entry: { id, at, direction, who, name, summary, payload }, open, onToggle }: RowProps) {
  return (
    <div className={cx("lab-log__entry", open && "lab-log__entry--open")}>
      <button type="button" aria-expanded={open} onClick={() => onToggle(open ? undefined : id)}>
        <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
        <span className={`lab-log__arrow lab-log__arrow--${direction}`}>
          <span aria-hidden="true">{ARROWS[direction]}</span>
          <span className="visually-hidden">{t.developer.directions[direction]}</span>
        </span>
        <span className="lab-log__words">
          <b className={direction === "error" ? "lab-log__name--error" : undefined}>{name}</b>
          <small className="ellipsis">
            <bdi>{who}</bdi>
            {summary !== "" && <> · {summary}</>}
          </small>
        </span>
      </button>
      {open && <Code code={JSON.stringify(payload, null, 2)} />}
    </div>
  );
}

/** With milliseconds, which `Time` has no style for. */
function clock(at: number): string {
  const moment = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const time = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(":");
  return `${time}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
}
