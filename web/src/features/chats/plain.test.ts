import { expect, it } from "vitest";
import { plain } from "./plain.ts";

it.each([
  ["a **bold** and `code` word", "a bold and code word"],
  ["first\n\nsecond\tline", "first second line"],
  ["```js\nlet a;\n```", "let a;"],
  ["> quoted\n- item\n# head", "quoted item head"],
  ["see [the plan](https://example.org/a) now", "see the plan now"],
  ["_so_ it ~~was~~ is", "so it was is"],
  ["snake_case_name and 2*3*4", "snake_case_name and 2*3*4"],
  ["#tag stays, and 5 > 3", "#tag stays, and 5 > 3"],
])("says %j in one line", (content, line) => {
  expect(plain(content)).toBe(line);
});

it("looks at no more than a line can show", () => {
  expect(plain("**".repeat(50_000)).length).toBeLessThanOrEqual(240);
});
