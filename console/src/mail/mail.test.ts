import { expect, test } from "vitest";
import { joinMail, keepsStructure, skeleton, splitMail } from "./html";
import { parseDefaults, variableGroups } from "./variables";

const mail = `<!DOCTYPE html>
<html><head><style>p { color: red }</style><!--[if mso]><xml/><![endif]--></head>
<body bgcolor="#fff" style="margin:0"><p>Hi {{User.UserAttributes.Name}}</p></body>
</html>`;

test("a document is taken apart and put together without a change", () => {
  const parts = splitMail(mail);
  expect(parts.body).toBe("<p>Hi {{User.UserAttributes.Name}}</p>");
  expect(joinMail(parts)).toBe(mail);
  expect(skeleton(parts)).toContain("[if mso]");
});

test("a fragment is all body", () => {
  expect(splitMail("<p>x</p>")).toEqual({ before: "", body: "<p>x</p>", after: "" });
  expect(splitMail("<body><p>x</p>")).toEqual({ before: "<body>", body: "<p>x</p>", after: "" });
});

test("structure that a browser rearranges is noticed", () => {
  const source = "<table><tr><td>{{Id}}</td></tr></table>";
  expect(keepsStructure(source, "<table><tbody><tr><td>{{Id}}</td></tr></tbody></table>")).toBe(true);
  const block = "<table>{{#each x}}<tr><td>1</td></tr>{{/each}}</table>";
  const moved = "{{#each x}}{{/each}}<table><tbody><tr><td>1</td></tr></tbody></table>";
  expect(keepsStructure(block, moved)).toBe(false);
});

test("variables of a project, with brackets where a name needs them", () => {
  const groups = variableGroups({ attributes: ["plan"], userAttributes: ["Last Name"], metrics: [] });
  expect(groups[0]).toEqual({ title: "User attributes", variables: ["User.UserAttributes.[Last Name]"] });
  expect(groups[1]?.variables).toEqual(["Attributes.plan"]);
  expect(groups.some(({ title }) => title === "Metrics")).toBe(false);
});

test("default substitutions", () => {
  expect(parseDefaults(undefined)).toEqual({});
  expect(parseDefaults('{"a":"b"}')).toEqual({ a: "b" });
  expect(parseDefaults("[1]")).toBeUndefined();
  expect(parseDefaults("{")).toBeUndefined();
});
