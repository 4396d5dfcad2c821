/** The @name of somebody, in its own direction, and what else is to be said in the same line. */
export function Username({ username, also }: { username: string; also?: string | null | undefined }) {
  return (
    <>
      <bdi dir="ltr">{username}</bdi>
      {also && ` · ${also}`}
    </>
  );
}
