/** Reads tables of comma-separated values. */

export type Row = Readonly<Record<string, string>>;

/** A value in quotes, in which a quote is doubled, or without; and what follows it. */
const VALUE = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/gy;

/** Returns the rows by the names of their columns, which the first line has. */
export function readTable(text: string): Row[] {
  const [columns = [], ...rows] = readLines(text);
  return rows.map((values) =>
    Object.fromEntries(columns.map((column, index) => [column, values[index] ?? ""])),
  );
}

function readLines(text: string): string[][] {
  const lines: string[][] = [];
  let line: string[] = [];
  for (const [, quoted, plain = "", end] of text.trimEnd().matchAll(VALUE)) {
    line.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ",") {
      lines.push(line);
      line = [];
    }
    if (end === "") {
      break; // the end of the text matches once more, as an empty value
    }
  }
  return lines;
}
