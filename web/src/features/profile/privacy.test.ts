import { describe, expect, it } from "vitest";
import { lengthOf, nameProblem } from "./names.ts";
import { shownPrivacy } from "./privacy.ts";

describe("privacy", () => {
  const me = { revision: 7, privacy: { email: "friends" } } as const;

  it("is what was chosen, else the usual", () => {
    const shown = shownPrivacy(me, undefined);
    expect(shown.email).toBe("friends");
    expect(shown.phone).toBe("nobody");
    expect(shown.readReceipts).toBe(true);
  });

  it("shows a wish until the account is newer than it", () => {
    const values = { email: "nobody" } as const;
    expect(shownPrivacy(me, { values, revision: Number.POSITIVE_INFINITY }).email).toBe("nobody");
    expect(shownPrivacy(me, { values, revision: 7 }).email).toBe("nobody");
    expect(shownPrivacy(me, { values, revision: 6 }).email).toBe("friends");
  });
});

describe("names", () => {
  it("are counted as the server does", () => {
    expect(lengthOf(" Léa ")).toBe(3);
    expect(lengthOf("Le\u0301a")).toBe(3);
    expect(lengthOf("👩‍🚀")).toBe(3);
  });

  it("may be empty, of any script, and of one emoji", () => {
    for (const name of ["", "  ", "Sam", "نور الدين", "🏡", "x".repeat(50), "👩‍🚀"]) {
      expect(nameProblem(name), name).toBeUndefined();
    }
  });

  it("are not long, invisible, or of more than one line or direction", () => {
    expect(nameProblem("x".repeat(51))).toBe("long");
    for (const name of ["a\nb", "a\u202eb", "a\u2066b", "\u200b", "\u00ad\u200d", "\u2800"]) {
      expect(nameProblem(name), JSON.stringify(name)).toBe("strange");
    }
  });
});
