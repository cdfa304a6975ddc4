import { expect, test } from "vitest";
import { checkColumns, columnMeaning, csvRows } from "./columns";

test.each([
  ["Id", "known"],
  ["id", "ignored"],
  ["Attributes.plan", "known"],
  ["Attributes.", "ignored"],
  ["User.UserAttributes.First Name", "known"],
  ["Location.City", "known"],
  ["Location.Planet", "ignored"],
  ["EndpointStatus", "ignored"],
])("column %s is %s", (name, meaning) => {
  expect(columnMeaning(name)).toBe(meaning);
});

test("quoted cells, doubled quotes, line ends and a missing last line end", () => {
  expect(csvRows('\uFEFFa,"b ""x"", y"\r\n1,2', 5)).toEqual([
    ["a", 'b "x", y'],
    ["1", "2"],
  ]);
  expect(csvRows("a\n1\n2\n", 2)).toEqual([["a"], ["1"]]);
});

test("a good CSV head", () => {
  const check = checkColumns("people.csv", "ChannelType, Address,Id,shoe\nEMAIL,ada@example.com,p-1,41\n");
  expect(check.error).toBeUndefined();
  expect(check.columns[1]).toEqual({ name: "Address", meaning: "known", sample: "ada@example.com" });
  expect(check.columns[3]?.meaning).toBe("ignored");
  expect(check.warnings).toEqual([]);
});

test("heads that need a word", () => {
  expect(checkColumns("people.csv", "name,mail\n").error).toMatch(/No column name is known/);
  expect(checkColumns("people.csv", "Address,ChannelType\n").warnings[0]).toMatch(/Without an Id/);
  expect(checkColumns("users.csv", "User.UserId\nu-1\n").warnings).toEqual([]);
  expect(checkColumns("people.json", "[{}]").error).toMatch(/one object per line/);
});

test("JSON lines are flattened", () => {
  const check = checkColumns("p.jsonl", '{"Id":"1","User":{"UserId":"u"},"Attributes":{"size":["M","L"]}}\n');
  expect(check.columns).toEqual([
    { name: "Id", meaning: "known", sample: "1" },
    { name: "User.UserId", meaning: "known", sample: "u" },
    { name: "Attributes.size", meaning: "known", sample: "M, L" },
  ]);
});
