import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { inline, parse, plain } from "./rst.ts";

const root = new URL("../../../../", import.meta.url);

test("headings have levels by their adornments, and names for addresses", () => {
  const blocks = parse("=====\nTitle\n=====\n\nPart one\n========\n\nSmall\n-----\n\nPart one\n========\n");
  expect(blocks).toEqual([
    { kind: "heading", level: 1, id: "title", text: "Title" },
    { kind: "heading", level: 2, id: "part-one", text: "Part one" },
    { kind: "heading", level: 3, id: "small", text: "Small" },
    { kind: "heading", level: 2, id: "part-one-2", text: "Part one" },
  ]);
});

test("two colons begin a literal block, which keeps its own indentation", () => {
  expect(parse("Run::\n\n    a:\n      b\n\nThen::\n\n  c")).toEqual([
    { kind: "paragraph", inline: [{ kind: "text", text: "Run:" }] },
    { kind: "code", text: "a:\n  b", language: "" },
    { kind: "paragraph", inline: [{ kind: "text", text: "Then:" }] },
    { kind: "code", text: "c", language: "" },
  ]);
  expect(parse("::\n\n    x")).toEqual([{ kind: "code", text: "x", language: "" }]);
  expect(parse(".. code-block:: toml\n\n    [a]\n    b = 1")).toEqual([
    { kind: "code", text: "[a]\nb = 1", language: "toml" },
  ]);
});

test("lists have items of several lines and blocks, with lists inside", () => {
  const [list] = parse("1. one\n   goes on\n\n   - in a\n   - in b\n2. two");
  expect(list).toMatchObject({ kind: "list", ordered: true });
  if (list?.kind !== "list") throw new Error("no list");
  expect(list.items.map((item) => item.map((block) => block.kind))).toEqual([["paragraph", "list"], ["paragraph"]]);
  expect(list.items[0]?.[0]).toEqual({ kind: "paragraph", inline: [{ kind: "text", text: "one goes on" }] });
});

test("a line above indented ones is defined by them", () => {
  expect(parse("``a``\n    means b\nc\n    means d")).toEqual([
    {
      kind: "definitions",
      items: [
        {
          term: [{ kind: "code", text: "a" }],
          blocks: [{ kind: "paragraph", inline: [{ kind: "text", text: "means b" }] }],
        },
        {
          term: [{ kind: "text", text: "c" }],
          blocks: [{ kind: "paragraph", inline: [{ kind: "text", text: "means d" }] }],
        },
      ],
    },
  ]);
});

test("a simple table has a head if a border is below it, and rows that go on", () => {
  const [table] = parse(
    "==== ======\nname what\n==== ======\na    b ``c``\n     more\nd    e that is longer than its border\n==== ======\n",
  );
  if (table?.kind !== "table") throw new Error("no table");
  expect(table.head.map(plain)).toEqual(["name", "what"]);
  expect(table.rows.map((row) => row.map(plain))).toEqual([
    ["a", "b c more"],
    ["d", "e that is longer than its border"],
  ]);
});

test("marks within a line", () => {
  expect(
    inline("see ``x *y*``, **bold** *em* :doc:`a/b` `here <https://x.org/>`_ or http://127.0.0.1:8080/docs, so"),
  ).toEqual([
    { kind: "text", text: "see " },
    { kind: "code", text: "x *y*" },
    { kind: "text", text: ", " },
    { kind: "strong", text: "bold" },
    { kind: "text", text: " " },
    { kind: "emphasis", text: "em" },
    { kind: "text", text: " " },
    { kind: "doc", target: "a/b" },
    { kind: "text", text: " " },
    { kind: "link", text: "here", href: "https://x.org/" },
    { kind: "text", text: " or " },
    { kind: "link", text: "http://127.0.0.1:8080/docs", href: "http://127.0.0.1:8080/docs" },
    { kind: "text", text: ", so" },
  ]);
});

test("what is not known is an error, not a text with signs in it", () => {
  expect(() => parse(".. toctree::\n\n   a")).toThrow("toctree");
  expect(() => parse("a\n\n    quoted")).toThrow("indented");
});

test("all guides and all texts of the reference can be read", () => {
  const docs = new URL("docs/", root);
  const files = readdirSync(docs, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".rst"));
  expect(files.length).toBeGreaterThan(5);
  for (const file of files) expect(parse(readFileSync(new URL(file, docs), "utf8"))[0]).toMatchObject({ level: 1 });
  parse(readFileSync(new URL("README.rst", root), "utf8"));
  const { procedures, topics, components } = JSON.parse(readFileSync(new URL("api/wamp.json", docs), "utf8"));
  const texts = [...Object.values(procedures), ...Object.values(topics), ...Object.values(components.schemas)] as {
    doc?: string;
    description?: string;
  }[];
  for (const { doc, description } of texts) {
    for (const block of parse(doc ?? description ?? "")) expect(["paragraph", "list"]).toContain(block.kind);
  }
});
