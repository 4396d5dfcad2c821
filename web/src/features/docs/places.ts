/** Where one is in the documentation. */
export type DocsPlace =
  | { kind: "home" }
  | { kind: "guide"; id: string }
  | { kind: "operation"; name: string }
  | { kind: "event"; name: string }
  | { kind: "type"; name: string }
  | { kind: "types" }
  | { kind: "errors" };

/** The place of a path. Names have slashes for dots there: what has a dot at its end is a file to the server. */
export function docsPlace(path: string): DocsPlace {
  const [, , part = "", ...rest] = path.split("/").map(decode);
  const name = rest.filter(Boolean).join(".");
  switch (part) {
    case "guides":
      return name === "" ? { kind: "home" } : { kind: "guide", id: name.replaceAll(".", "/") };
    case "operations":
      return name === "" ? { kind: "home" } : { kind: "operation", name };
    case "events":
      return name === "" ? { kind: "home" } : { kind: "event", name };
    case "types":
      return name === "" ? { kind: "types" } : { kind: "type", name };
    case "errors":
      return { kind: "errors" };
    default:
      return { kind: "home" };
  }
}

/** The address of a place, and of a heading there. */
export function docsPath(place: DocsPlace, heading = ""): string {
  const hash = heading === "" ? "" : `#${heading}`;
  switch (place.kind) {
    case "home":
      return "/docs";
    case "guide":
      return `/docs/guides/${place.id}${hash}`;
    case "operation":
      return `/docs/operations/${place.name.replaceAll(".", "/")}${hash}`;
    case "event":
      return `/docs/events/${place.name.replaceAll(".", "/")}${hash}`;
    case "type":
      return `/docs/types/${place.name}${hash}`;
    case "types":
      return "/docs/types";
    case "errors":
      return `/docs/errors${hash}`;
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
