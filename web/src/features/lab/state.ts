import { create } from "zustand";
import { rest } from "../../api/rest.ts";
import type { Session } from "../../api/types.ts";
import { type Answer, type ConnectionView, type Door, LabConnection } from "./connection.ts";
import type { Values } from "./form.ts";
import { type Known, knownIn, remember } from "./ids.ts";
import type { Series } from "./series.ts";

export interface PaneState {
  id: number;
  connection: LabConnection | undefined;
  view: ConnectionView | undefined;
}

/** What stands in a form. Each pane has its own. */
export interface Draft {
  values: Values;
  /** Written as JSON instead of in fields. */
  json: string | undefined;
}

/** What became of the last call, or of many. */
export interface Outcome {
  name: string;
  status: number;
  answer: Answer | undefined;
  series?: Series;
}

interface Lab {
  panes: readonly PaneState[];
  operation: string;
  door: Door;
  known: readonly Known[];
  /** What an address gave for the fields of an operation. */
  given: Readonly<Record<string, Values>>;
  /** By pane and operation. */
  drafts: Readonly<Record<string, Draft>>;
  outcomes: Readonly<Record<string, Outcome>>;
}

export const MOST_PANES = 4;

/** The lab goes on while one looks something up elsewhere. */
export const useLab = create<Lab>(() => ({
  panes: [empty(1), empty(2)],
  operation: "message.send",
  door: "wamp",
  known: [],
  given: {},
  drafts: {},
  outcomes: {},
}));

let lastPane = 2;

function empty(id: number): PaneState {
  return { id, connection: undefined, view: undefined };
}

export function addPane(): void {
  lastPane += 1;
  const id = lastPane;
  useLab.setState(({ panes }) => (panes.length < MOST_PANES ? { panes: [...panes, empty(id)] } : {}));
}

export function closePane(id: number): void {
  signOut(id);
  useLab.setState(({ panes }) => ({ panes: panes.filter((pane) => pane.id !== id) }));
}

/** End the session of a pane; another can begin there. */
export function signOut(id: number): void {
  void paneOf(id)?.connection?.close();
  change(id, { connection: undefined, view: undefined });
  // What one has written and got is not for whoever signs in there next.
  useLab.setState(({ drafts, outcomes }) => ({ drafts: without(drafts, id), outcomes: without(outcomes, id) }));
}

export function begin(id: number, session: Session): void {
  window.addEventListener("pagehide", leaveAll);
  const connection = new LabConnection(session, {
    onView: (view) => paneOf(id)?.connection === connection && change(id, { view }),
    onPayload: (_topic, payload) => learn(knownIn(payload), session.user.id),
  });
  change(id, { connection, view: connection.state });
  learn(knownIn(session.user), session.user.id);
  connection.goOnline();
}

export function cutAll(): void {
  for (const { connection } of useLab.getState().panes) connection?.drop();
}

export function choose(operation: string): void {
  useLab.setState({ operation });
}

export function setDoor(door: Door): void {
  useLab.setState({ door });
}

export function draftOf({ drafts }: Pick<Lab, "drafts">, pane: number, operation: string): Draft | undefined {
  return drafts[`${pane} ${operation}`];
}

export function setDraft(pane: number, operation: string, draft: Draft): void {
  useLab.setState(({ drafts }) => ({ drafts: { ...drafts, [`${pane} ${operation}`]: draft } }));
}

export function outcomeOf({ outcomes }: Pick<Lab, "outcomes">, pane: number, operation: string): Outcome | undefined {
  return outcomes[`${pane} ${operation}`];
}

export function setOutcome(pane: number, outcome: Outcome): void {
  useLab.setState(({ outcomes }) => ({ outcomes: { ...outcomes, [`${pane} ${outcome.name}`]: outcome } }));
}

/** Begin the forms of an operation anew, with some values. */
export function give(operation: string, values: Values): void {
  useLab.setState(({ given, drafts }) => ({
    given: { ...given, [operation]: values },
    drafts: Object.fromEntries(Object.entries(drafts).filter(([key]) => !key.endsWith(` ${operation}`))),
  }));
}

/** Sign in with a name and a password; answers what the server wants beside it. */
export function login(name: string, password: string) {
  return rest("session.login", { login: name, password }, { apart: true });
}

function learn(found: ReturnType<typeof knownIn>, by: string): void {
  useLab.setState(({ known }) => ({ known: remember(known, found, by) }));
}

function without<T>(all: Readonly<Record<string, T>>, pane: number): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([key]) => !key.startsWith(`${pane} `)));
}

function paneOf(id: number): PaneState | undefined {
  return useLab.getState().panes.find((pane) => pane.id === id);
}

function change(id: number, part: Partial<PaneState>): void {
  useLab.setState(({ panes }) => ({ panes: panes.map((pane) => (pane.id === id ? { ...pane, ...part } : pane)) }));
}

function leaveAll(): void {
  for (const { connection } of useLab.getState().panes) connection?.leave();
}
