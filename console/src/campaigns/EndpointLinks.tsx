/** A few endpoints by their ids. */
import Link from "@cloudscape-design/components/link";
import { Fragment } from "react";
import { NONE } from "../format/numbers";
import { paths } from "../paths";

export function EndpointLinks({ app, ids }: { app: string; ids: string[] }) {
  if (ids.length === 0) return NONE;
  return ids.slice(0, SHOWN_MAX).map((id, index) => (
    <Fragment key={id}>
      {index > 0 && ", "}
      <Link href={paths.endpoint(app, id)}>{id}</Link>
    </Fragment>
  ));
}

const SHOWN_MAX = 5;
