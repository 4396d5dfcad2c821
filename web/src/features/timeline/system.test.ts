import { describe, expect, it } from "vitest";
import { message } from "../chats/testing.ts";
import { systemParts, systemText } from "./system.ts";

const ada = { id: "ada", username: "@ada", displayName: "Ada Okafor" };
const ben = { id: "ben", username: "@ben", displayName: "Ben Lindqvist" };

function told(event: string, content = "", about: (typeof ada)[] = [], by = ada) {
  return message({ type: "system", event, content, sender: by, userIds: about.map(({ id }) => id), users: about });
}

describe("what happened in a group", () => {
  it("is a sentence for each event that the server knows", () => {
    const said = (event: string, content?: string, about?: (typeof ada)[]) =>
      systemText(told(event, content, about), "me");
    expect(said("created", "Foxes")).toBe("Ada Okafor created the group Foxes");
    expect(said("joined", "", [ada])).toBe("Ada Okafor joined");
    expect(said("let_in", "", [ben])).toBe("Ada Okafor let Ben Lindqvist in");
    expect(said("left", "", [ada])).toBe("Ada Okafor left");
    expect(said("removed", "", [ben])).toBe("Ada Okafor removed Ben Lindqvist");
    expect(said("renamed", "Wolves")).toBe("Ada Okafor changed the name to Wolves");
    expect(said("described")).toBe("Ada Okafor changed the description");
    expect(said("settings_changed")).toBe("Ada Okafor changed the settings of the group");
    expect(said("promoted", "admin", [ben])).toBe("Ada Okafor made Ben Lindqvist an admin");
    expect(said("promoted", "owner", [ben])).toBe("Ada Okafor made Ben Lindqvist an owner");
    expect(said("demoted", "member", [ben])).toBe("Ada Okafor took the admin role from Ben Lindqvist");
    expect(said("demoted", "member", [ada])).toBe("Ada Okafor gave up the admin role");
    expect(said("transferred", "owner", [ben])).toBe("Ada Okafor handed the group on to Ben Lindqvist");
    expect(said("stepped_down", "admin", [ada])).toBe("Ada Okafor stepped down as owner");
  });

  it("is told to whom it is about", () => {
    expect(systemText(told("removed", "", [ben]), "ada")).toBe("You removed Ben Lindqvist");
    expect(systemText(told("removed", "", [ben]), "ben")).toBe("Ada Okafor removed you");
    expect(systemText(told("joined", "", [ben], ben), "ben")).toBe("You joined");
  });

  it("never shows an id, and says of what it does not know what the server says", () => {
    const gone = { ...told("removed", "", [ben]), users: [] };
    expect(systemText(gone, "me")).toBe("Ada Okafor removed Deleted user");
    expect(systemText(told("constructor", "A picture was set"), "me")).toBe("A picture was set");
    expect(systemText(told("painted"), "me")).toBe("Ada Okafor changed something here");
  });

  it("has names apart, whatever is in them", () => {
    const odd = { ...ben, displayName: "\u2069نور\u2068 <b>" };
    expect(systemParts(told("removed", "", [odd]), "ada")).toEqual([
      { text: "You removed ", name: false },
      { text: "نور <b>", name: true },
    ]);
  });
});
