/** Looks at the beginning of a file before it is sent, with the rules of `docs/spec/audience.md` §11.3. */

const plain = new Set(["Id", "Address", "ChannelType", "OptOut", "RequestId", "EffectiveDate", "EndpointStatus", "User.UserId"]);

const members: Record<string, Set<string>> = {
  Location: new Set(["City", "Country", "Latitude", "Longitude", "PostalCode", "Region"]),
  Demographic: new Set([
    "AppVersion",
    "Locale",
    "Make",
    "Model",
    "ModelVersion",
    "Platform",
    "PlatformVersion",
    "Timezone",
  ]),
};

/** What an import does with a column of this name. */
export function columnMeaning(name: string): "known" | "ignored" {
  if (plain.has(name)) return name === "EndpointStatus" ? "ignored" : "known";
  for (const prefix of ["Attributes.", "Metrics.", "User.UserAttributes."]) {
    if (name.startsWith(prefix) && name.length > prefix.length) return "known";
  }
  const [first = "", second = ""] = name.split(".", 2);
  return members[first]?.has(second) === true ? "known" : "ignored";
}

/** The first records of CSV text, at most `limit`; quoted cells may hold commas and doubled quotes. */
export function csvRows(text: string, limit: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const source = text.replace(/^\uFEFF/, "");
  for (let index = 0; index < source.length && rows.length < limit; index += 1) {
    const character = source.charAt(index);
    if (quoted) {
      if (character !== '"') cell += character;
      else if (source.charAt(index + 1) === '"') {
        cell += '"';
        index += 1;
      } else quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === ",") {
      row.push(cell);
      cell = "";
    } else if (character === "\n") {
      row.push(cell.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      cell = "";
    } else cell += character;
  }
  if (rows.length < limit && (cell !== "" || row.length > 0)) rows.push([...row, cell.replace(/\r$/, "")]);
  return rows;
}

export interface ColumnCheck {
  format: "CSV" | "JSON";
  columns: { name: string; meaning: "known" | "ignored"; sample: string }[];
  /** Why the file cannot be imported. */
  error?: string;
  warnings: string[];
}

function flatten(value: unknown, prefix: string, into: Map<string, string>): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, prefix === "" ? name : `${prefix}.${name}`, into);
  } else {
    into.set(prefix, Array.isArray(value) ? value.join(", ") : String(value));
  }
}

function warningsFor(names: string[]): string[] {
  const has = (name: string) => names.includes(name);
  const onlyUsers = names.length === 1 && has("User.UserId");
  const warnings: string[] = [];
  if (!onlyUsers && !(has("ChannelType") && has("Address")) && has("Id")) {
    warnings.push("Without ChannelType and Address, only endpoints that exist already can be updated.");
  }
  if (!onlyUsers && !has("Id")) {
    warnings.push("Without an Id column every row becomes a new endpoint, also when you import the file again.");
  }
  return warnings;
}

/** What an import would read from a file that begins with `head`. */
export function checkColumns(fileName: string, head: string): ColumnCheck {
  if (/\.(json|jsonl|ndjson)$/i.test(fileName)) {
    const line = head.replace(/^\uFEFF/, "").split("\n").find((text) => text.trim() !== "");
    const cells = new Map<string, string>();
    try {
      const record: unknown = JSON.parse(line ?? "");
      if (Array.isArray(record)) throw new SyntaxError("an array");
      flatten(record, "", cells);
    } catch {
      const error = "The first line is not a JSON object. Write one object per line, not an array.";
      return { format: "JSON", columns: [], error, warnings: [] };
    }
    const columns = [...cells].map(([name, sample]) => ({ name, meaning: columnMeaning(name), sample }));
    return { format: "JSON", columns, warnings: warningsFor([...cells.keys()]) };
  }
  const [header = [], first = []] = csvRows(head, 2);
  const names = header.map((name) => name.trim());
  const columns = names.map((name, index) => ({ name, meaning: columnMeaning(name), sample: first[index] ?? "" }));
  if (!columns.some(({ meaning }) => meaning === "known")) {
    const error = "No column name is known. The first line must name columns such as Id, ChannelType, Address or Attributes.plan.";
    return { format: "CSV", columns, error, warnings: [] };
  }
  return { format: "CSV", columns, warnings: warningsFor(names) };
}
