/** A secret in groups of four, as it is read out. */
export function groupsOf(secret: string): string {
  return secret.match(/.{1,4}/g)?.join(" ") ?? "";
}
