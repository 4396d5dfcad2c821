import { expect, it } from "vitest";
import { cutName, kindOf } from "./names.ts";

it("cuts a name before its ending", () => {
  expect(cutName("Offer kitchen, second revision.pdf")).toEqual({
    stem: "Offer kitchen, second revision",
    ending: ".pdf",
  });
  expect(cutName("archive.tar.gz")).toEqual({ stem: "archive.tar", ending: ".gz" });
  for (const name of ["README", ".profile", "ends with a dot.", "v1. the long one"]) {
    expect(cutName(name), name).toEqual({ stem: name, ending: "" });
  }
});

it("lets no sign turn the ending of a name around", () => {
  expect(cutName("photo_\u202Egpj.exe")).toEqual({ stem: "photo_gpj", ending: ".exe" });
});

it("calls kinds of files what people call them", () => {
  const type = "application/vnd.openxmlformats-officedocument.";
  expect(kindOf(`${type}spreadsheetml.sheet`)).toBe("excel");
  expect(kindOf(`${type}wordprocessingml.document`)).toBe("word");
  expect(kindOf("application/msword")).toBe("word");
  expect(kindOf(`${type}presentationml.presentation`)).toBe("slides");
  expect([kindOf("text/csv"), kindOf("text/markdown"), kindOf("application/x-unknown")]).toEqual([
    "csv",
    "text",
    "file",
  ]);
});
