import { FlaskConical, Plus, Scissors, Unplug } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useDevelopment } from "../../app/development.ts";
import { NARROW, useMedia, WIDE } from "../../app/useMedia.ts";
import { t } from "../../text/developer.ts";
import { Button } from "../../ui/Button.tsx";
import { Chip } from "../../ui/Chip.tsx";
import { Empty } from "../../ui/Empty.tsx";
import { Mark } from "../../ui/Mark.tsx";
import { Skeleton } from "../../ui/Skeleton.tsx";
import { Tabs } from "../../ui/Tabs.tsx";
import { Landmark, useInside } from "../docs/Landmark.tsx";
import type { Reference } from "../docs/reference.ts";
import { useReference } from "../docs/useReference.ts";
import { EventLog } from "./EventLog.tsx";
import { fieldsOf, valuesOf } from "./form.ts";
import "./Lab.css";
import { OperationsList } from "./OperationsList.tsx";
import { Pane } from "./Pane.tsx";
import { labPath, labQuery } from "./places.ts";
import { addPane, choose, cutAll, give, MOST_PANES, type PaneState, useLab } from "./state.ts";

/** Two or more people side by side, every operation as a form, and all that passes. */
export default function Lab() {
  const loaded = useReference();
  return (
    <Landmark className="lab">
      <Bar />
      {loaded.kind === "loading" && <Skeleton rows={6} />}
      {loaded.kind === "failed" && (
        <Empty
          icon={Unplug}
          title={t.developer.noReference}
          action={<Button onClick={loaded.retry}>{t.common.retry}</Button>}
        />
      )}
      {loaded.kind === "loaded" && <Bench reference={loaded.reference} />}
    </Landmark>
  );
}

function Bar() {
  const { panes } = useLab();
  const inside = useInside();
  const development = useDevelopment();
  const signedIn = panes.some(({ view }) => view?.status === "connected");
  return (
    <header className="lab__bar">
      {!inside && (
        <Link href="/" aria-label="Chatr">
          <Mark size={26} />
        </Link>
      )}
      <h1>{t.developer.lab}</h1>
      {development && (
        <Chip kind="spark" icon={FlaskConical}>
          {t.developer.development}
        </Chip>
      )}
      <span className="lab__space" />
      <Button size="sm" icon={Plus} disabled={panes.length >= MOST_PANES} onClick={addPane}>
        {t.developer.addPane}
      </Button>
      <Button size="sm" icon={Scissors} disabled={!signedIn} onClick={cutAll}>
        {t.developer.cutAll}
      </Button>
    </header>
  );
}

function Bench({ reference }: { reference: Reference }) {
  const { panes, operation: chosen } = useLab();
  const [, navigate] = useLocation();
  const wide = useMedia(WIDE);
  useAddress(reference);
  const operation = reference.operations.find(({ name }) => name === chosen);
  const list = (onChosen?: () => void) => (
    <OperationsList
      operations={reference.operations}
      chosen={chosen}
      onChoose={(name) => {
        navigate(labPath(name), { replace: true });
        onChosen?.();
      }}
    />
  );
  const views = panes.map((pane, at) => (
    <Pane
      key={pane.id}
      number={at + 1}
      pane={pane}
      operation={operation}
      reference={reference}
      closable={panes.length > 1}
    />
  ));
  if (!wide) return <TabbedBench panes={panes} list={list} views={views} />;
  return (
    <div className="lab__bench">
      {list()}
      <div className="lab__panes">{views}</div>
      <EventLog />
    </div>
  );
}

interface TabbedBenchProps {
  panes: readonly PaneState[];
  list: (onChosen: () => void) => ReactNode;
  views: readonly ReactNode[];
}

/** Where there is no room for all: operations, panes and events one at a time; on a narrow screen each pane too. */
function TabbedBench({ panes, list, views }: TabbedBenchProps) {
  const narrow = useMedia(NARROW);
  const paneTabs = narrow
    ? panes.map(({ id, connection }, at) => ({
        value: `pane ${id}`,
        label: connection?.user.displayName ?? `${t.developer.addPane} ${at + 1}`,
      }))
    : [{ value: "panes", label: t.developer.panes }];
  const first = paneTabs[0]?.value ?? "";
  const [tab, setTab] = useState(first);
  const tabs = [
    { value: "operations", label: t.developer.operations },
    ...paneTabs,
    { value: "events", label: t.developer.events },
  ];
  // A pane may have been closed, and the screen may have become another one.
  const current = tabs.some(({ value }) => value === tab) ? tab : first;
  return (
    <div className="lab__narrow">
      <Tabs label={t.developer.lab} value={current} onChange={setTab} options={tabs} />
      {current === "operations" && list(() => setTab(first))}
      {current === "events" && <EventLog />}
      {current === "panes" && <div className="lab__panes">{views}</div>}
      {current.startsWith("pane ") && views[paneTabs.findIndex(({ value }) => value === current)]}
    </div>
  );
}

/** What the address says is chosen, and fills the fields of all panes. Ids of an example are nobody's: they stay out. */
function useAddress(reference: Reference): void {
  const search = useSearch();
  useEffect(() => {
    const query = labQuery(search);
    const operation = reference.operations.find(({ name }) => name === query?.operation);
    if (query === undefined || operation === undefined) return;
    choose(operation.name);
    const fields = fieldsOf(operation.params, reference.schemas).filter(({ isId }) => !isId);
    const values = valuesOf(fields, query.params);
    if (Object.keys(values).length > 0) give(operation.name, values);
  }, [search, reference]);
}
