/** Which picture: one's own or that of a group, the face or the cover behind it. */
export interface PicturePlace {
  kind: "face" | "cover";
  /** Of which group; undefined: one's own. */
  groupId?: string;
}

/** What the server takes as such. */
export const OPERATIONS = {
  face: {
    person: { set: "user.set_image", remove: "user.remove_image" },
    group: { set: "group.set_image", remove: "group.remove_image" },
  },
  cover: {
    person: { set: "user.set_cover_image", remove: "user.remove_cover_image" },
    group: { set: "group.set_cover_image", remove: "group.remove_cover_image" },
  },
} as const;

export const FIELDS = { face: "profileImage", cover: "coverImage" } as const;
