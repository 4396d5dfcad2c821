import { createContext, useContext } from "react";
import type { Guide } from "./guides.ts";
import { docsPath } from "./places.ts";
import type { Reference } from "./reference.ts";

/** Where a name that stands in a text leads: an operation, an event, a type, an error code, the file of a guide. */
export type Links = ReadonlyMap<string, string>;

export const LinksContext = createContext<Links>(new Map());

export function useLinks(): Links {
  return useContext(LinksContext);
}

export function makeLinks(guides: readonly Guide[], reference: Reference | undefined): Links {
  const links = new Map<string, string>();
  for (const { id } of guides)
    links.set(id === "start" ? "README.rst" : `docs/${id}.rst`, docsPath({ kind: "guide", id }));
  links.set("docs/api/wamp.md", docsPath({ kind: "home" }));
  if (reference === undefined) return links;
  for (const { code } of reference.errors) links.set(code, docsPath({ kind: "errors" }, code));
  for (const name of Object.keys(reference.schemas)) links.set(name, docsPath({ kind: "type", name }));
  for (const { name } of reference.topics) both(links, name, docsPath({ kind: "event", name }));
  for (const { name, verb, path } of reference.operations) {
    both(links, name, docsPath({ kind: "operation", name }));
    links.set(`${verb} ${path}`, docsPath({ kind: "operation", name }));
  }
  return links;
}

function both(links: Map<string, string>, name: string, path: string): void {
  links.set(name, path);
  links.set(`chatr.${name}`, path);
}
