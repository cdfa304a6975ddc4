/** What a segment means, in words. */
import Box from "@cloudscape-design/components/box";
import Link from "@cloudscape-design/components/link";
import { Fragment } from "react";
import { paths } from "../paths";
import { describeFacet } from "./describe";
import type { DraftGroup, SegmentDraft } from "./draft";

const sourceWords = { ANY: "in any of", ALL: "in all of", NONE: "in none of" };
const elementWords = { ANY: "at least one of", ALL: "all of", NONE: "none of" };
const groupWords = { ANY: "or", ALL: "and", NONE: "nor" };

function Group({ app, group, nameOf }: { app: string; group: DraftGroup; nameOf: (id: string) => string }) {
  if (group.sources.length === 0 && group.elements.length === 0) return <li>every endpoint of the project</li>;
  const conditions = group.elements.map((element) => (
    <li key={element.key}>{element.facets.map(({ facet }) => describeFacet(facet)).join(", and ")}</li>
  ));
  return (
    <>
      {group.sources.length > 0 && (
        <li>
          {sourceWords[group.sourceType]}{" "}
          {group.sources.map(({ id, version }, index) => (
            <Fragment key={id}>
              {index > 0 && ", "}
              <Link href={paths.segment(app, id)}>{nameOf(id)}</Link>
              {version !== undefined && ` (version ${version})`}
            </Fragment>
          ))}
        </li>
      )}
      {group.elements.length === 1 && group.type !== "NONE" ? (
        conditions
      ) : group.elements.length > 0 ? (
        <li>
          {elementWords[group.type]}
          <ul>{conditions}</ul>
        </li>
      ) : null}
    </>
  );
}

interface Props {
  app: string;
  draft: SegmentDraft;
  nameOf: (id: string) => string;
}

export function CriteriaSummary({ app, draft, nameOf }: Props) {
  if (draft.groups.length === 0) return <Box>Every endpoint of the project.</Box>;
  return (
    <Box>
      {draft.groups.map((group, index) => (
        <div key={group.key}>
          {(index > 0 || draft.include === "NONE") && <Box variant="strong">{groupWords[draft.include]}</Box>}
          <ul>
            <Group app={app} group={group} nameOf={nameOf} />
          </ul>
        </div>
      ))}
    </Box>
  );
}
