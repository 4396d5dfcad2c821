import { expect, it } from "vitest";
import { strengthOf } from "./strength.ts";

it.each([
  ["", 0, undefined],
  ["Abc 123", 1, "tooShort"],
  ["a".repeat(129), 1, "tooLong"],
  ["otterlake9", 2, "capitalAndSign"],
  ["otter lake 9", 3, "capital"],
  ["Otterlake9", 3, "sign"],
  ["Otter lake 9", 4, undefined],
  ["otter lake and nine", 4, undefined],
  ["aaaaaaaaaaaaaaaa", 2, "monotonous"],
  ["Ärger mit 9", 4, undefined],
])("estimates %j at %i", (password, bars, weakness) => {
  expect(strengthOf(password)).toMatchObject({ bars, ...(weakness && { weakness }) });
});

it("fits what the server takes", () => {
  expect(strengthOf("Otter lake 9").fits).toBe(true);
  expect(strengthOf("aaaaaaaaaaaaaaaa").fits).toBe(true);
  expect(strengthOf("otter lake 9").fits).toBe(false);
});

it("is not one's own name, whatever digits and signs stand behind it", () => {
  expect(strengthOf("Mira_Chen2024!", ["mira_chen"]).weakness).toBe("own");
  expect(strengthOf("@Mira_Chen!", ["mira_chen"]).weakness).toBe("own");
  expect(strengthOf("Mira_Chen likes otters", ["mira_chen"]).weakness).toBeUndefined();
  expect(strengthOf("Otter lake 9", ["", ""]).weakness).toBeUndefined();
});

it("is not what the server has refused", () => {
  expect(strengthOf("Password1!", [], "Password1!").weakness).toBe("refused");
});
