import { describe, expect, it } from "vitest";
import { ApiError } from "../../api/errors.ts";
import { notInvited, refusedPeople } from "./invited.ts";

const people = ["Ann", "Ben", "Cleo"].map((displayName) => ({
  id: displayName,
  username: `@${displayName}`,
  displayName,
  revision: 1,
}));

describe("who can't be invited", () => {
  it("is named", () => {
    const errors = [{ path: "$.memberIds[1]", message: "is not possible" }];
    const error = new ApiError("blocked", "", 403, "", errors);
    expect(refusedPeople(error, people)).toEqual([people[1]]);
    expect(notInvited(error, people)).toBe("Can't be invited: Ben");
    expect(
      refusedPeople(new ApiError("not_found", "", 404, "", [{ path: "$.userIds[9]", message: "" }]), people),
    ).toEqual([]);
  });

  it("is nobody, when it is about the group", () => {
    expect(refusedPeople(new ApiError("conflict", ""), people)).toEqual([]);
    expect(notInvited(new ApiError("conflict", ""), people)).toBe("The group is full.");
  });
});
