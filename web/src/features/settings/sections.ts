/** The pages of the settings, in the order of their list. */
export const SECTIONS = ["appearance", "notifications", "privacy", "security", "storage", "account", "about"] as const;
export type SectionName = (typeof SECTIONS)[number];

/** Which page a path is; undefined: the list of them. */
export function sectionOf(path: string): SectionName | undefined {
  const part = path.split("/")[2];
  return SECTIONS.find((section) => section === part);
}

export function pathOfSection(section: SectionName): string {
  return `/settings/${section}`;
}
