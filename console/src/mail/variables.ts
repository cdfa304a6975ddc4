/** The variables that a message may use (`docs/spec/templates.md` §2). */
import type { AttributeNames } from "../api/beckon";

export interface VariableGroup {
  title: string;
  variables: string[];
}

/** A part of a variable's path; names with other characters than letters, digits and `_` go in brackets. */
function segment(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `[${name}]`;
}

export function variableGroups(names: AttributeNames | undefined): VariableGroup[] {
  const path = (prefix: string) => (name: string) => `${prefix}.${segment(name)}`;
  return [
    { title: "User attributes", variables: (names?.userAttributes ?? []).map(path("User.UserAttributes")) },
    { title: "Endpoint attributes", variables: (names?.attributes ?? []).map(path("Attributes")) },
    { title: "Metrics", variables: (names?.metrics ?? []).map(path("Metrics")) },
    { title: "Recipient", variables: ["User.UserId", "Id", "Address", "ChannelType", "OptOut"] },
    {
      title: "Location",
      variables: ["City", "Region", "Country", "PostalCode", "Latitude", "Longitude"].map(path("Location")),
    },
    {
      title: "Demographic",
      variables: ["AppVersion", "Locale", "Make", "Model", "ModelVersion", "Platform", "PlatformVersion", "Timezone"].map(
        path("Demographic"),
      ),
    },
  ].filter((group) => group.variables.length > 0);
}

/** The default substitutions of a template as a table; `undefined` if the text is no JSON object of strings. */
export function parseDefaults(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined || text.trim() === "") return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
  } catch {
    return undefined;
  }
}
