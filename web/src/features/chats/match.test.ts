import { describe, expect, it } from "vitest";
import { find, rankOf } from "./match.ts";

const piece = (text: string, query: string) => {
  const found = find(text, query);
  return found && text.slice(found.start, found.end);
};

describe("finding names", () => {
  it("has no regard to case and accents", () => {
    expect(piece("Léa Fontaine", "lea")).toBe("Léa");
    expect(piece("Lea", "LÉA")).toBe("Lea");
    expect(piece("Łódź", "odz")).toBe("ódź");
  });

  it("prefers the beginning of the name, then of a word, then any place", () => {
    expect(find("Ben Lindqvist", "be")?.rank).toBe(0);
    expect(find("Tom Becker", "be")?.rank).toBe(1);
    expect(find("Lichtenberg", "be")?.rank).toBe(2);
    expect(piece("Anne-Lichtenberg Becker", "be")).toBe("Be");
    expect(rankOf("ada", "Mr. X", "@ada")).toBe(1);
  });

  it("counts in what is shown, whatever becomes longer or shorter", () => {
    expect(piece("👩‍🚀 Ada", "ada")).toBe("Ada");
    expect(piece("İstanbul Bot", "bot")).toBe("Bot");
    expect(piece("e\u0301a b", "b")).toBe("b");
  });

  it("finds nothing by nothing", () => {
    expect(find("Ada", "  ")).toBeNull();
    expect(find("Ada", "x")).toBeNull();
  });
});
