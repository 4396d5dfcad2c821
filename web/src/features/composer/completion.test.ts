import { describe, expect, it } from "vitest";
import { MOST_OPTIONS, meansAll, offered, queryAt } from "./completion.ts";

const person = (id: string, displayName = id) => ({ id, username: `@${id}`, displayName });

describe("completing a mention", () => {
  it("begins with an @ where a word may begin, in any script", () => {
    expect(queryAt("Hello @ad", 9)).toEqual({ kind: "person", word: "ad", from: 6, to: 9 });
    expect(queryAt("(@Łu", 4)?.word).toBe("Łu");
    expect(queryAt("ada@example", 11)).toBeUndefined();
  });

  it("offers who has written here first, each once, and not oneself", () => {
    const known = [person("ben"), person("bea"), person("me")];
    const found = [person("bob"), person("ben"), person("me")];
    expect(offered(known, found, "b", "me").map(({ id }) => id)).toEqual(["ben", "bea", "bob"]);
    expect(offered(known, found, "", "me").map(({ id }) => id)).toEqual(["ben", "bea", "bob"]);
  });

  it("finds a part of a name, and forgets what was found for another word", () => {
    expect(offered([person("x", "Ada Okafor")], [person("bob")], "oka", "me").map(({ id }) => id)).toEqual(["x"]);
  });

  it("offers no more than one looks through", () => {
    const many = Array.from({ length: 20 }, (_, at) => person(`p${at}`));
    expect(offered(many, [], "p", "me")).toHaveLength(MOST_OPTIONS);
  });

  it("knows everybody by two names", () => {
    expect(meansAll("al", "all", "Everyone")).toBe(true);
    expect(meansAll("Eve", "all", "Everyone")).toBe(true);
    expect(meansAll("", "all", "Everyone")).toBe(true);
    expect(meansAll("alle", "all", "Everyone")).toBe(false);
  });
});
