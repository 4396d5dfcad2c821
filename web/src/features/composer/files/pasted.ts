/** The files of what was pasted. Where there is text with its look as well, as of a table, the text is meant. */
export function pastedFiles({ files, types }: Pick<DataTransfer, "types"> & { files: Iterable<File> }): File[] {
  return types.includes("text/html") && types.includes("text/plain") ? [] : [...files];
}
