/** Where one is, as the path says. */
export type Place =
  | { area: "chats"; list: "chats" | "requests" | "archived"; conversationId?: string; personId?: string }
  /** At the door of a group: by a link, whose code stands behind the #, or at its address. */
  | { area: "join" }
  | { area: "group"; groupId: string }
  | { area: "friends" | "profile" | "settings" | "docs" | "lab" };

/** The place of a path; what is no place is the list of chats. */
export function placeOf(path: string): Place {
  const [, area = "", id = ""] = path.split("/");
  switch (area) {
    case "friends":
    case "profile":
    case "settings":
    case "docs":
    case "lab":
      return { area };
    case "join":
      return { area };
    case "g":
      return { area: "group", groupId: decode(id) };
    case "requests":
    case "archived":
      return { area: "chats", list: area };
    case "c":
      return { area: "chats", list: "chats", ...(id && { conversationId: decode(id) }) };
    case "u":
      return { area: "chats", list: "chats", ...(id && { personId: decode(id) }) };
    default:
      return { area: "chats", list: "chats" };
  }
}

/** Pages that a letter leads to: they are what they are for whoever is signed in, too. */
export function isForLetters(path: string): boolean {
  return path === "/undo" || path === "/reset";
}

/** Where somebody was asked to come who may have no account yet: they come back there when they have. */
export function isInvitation(path: string): boolean {
  return /^\/(join$|g\/)/.test(path);
}

/** Whether a conversation is shown there. */
export function isOpen(place: Place): boolean {
  return place.area === "chats" && (place.conversationId !== undefined || place.personId !== undefined);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
