/** Messages of a dry run as their people would get them, one at a time. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import Pagination from "@cloudscape-design/components/pagination";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import type { DryRunResult } from "../../api/beckon";
import { PreviewFrame } from "../../components/PreviewFrame";
import { channelTitle } from "../../format/channels";
import { NONE } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";

interface Props {
  app: string;
  samples: DryRunResult["samples"];
  treatments: DryRunResult["treatments"];
}

export function Samples({ app, samples, treatments }: Props) {
  const [place, setPlace] = useState(0);
  const sample = samples[Math.min(place, samples.length - 1)];
  if (sample === undefined) return null;
  const treatment = treatments.find(({ id }) => id === sample.treatmentId);
  return (
    <Container
      header={
        <Header
          variant="h2"
          counter={`(${samples.length})`}
          actions={
            samples.length > 1 && (
              <Pagination
                currentPageIndex={place + 1}
                pagesCount={samples.length}
                ariaLabels={{ nextPageLabel: "Next sample", previousPageLabel: "Previous sample", pageLabel: (number) => `Sample ${number}` }}
                onChange={({ detail }) => setPlace(detail.currentPageIndex - 1)}
              />
            )
          }
        >
          Samples
        </Header>
      }
    >
      <SpaceBetween size="m">
        <KeyValuePairs
          columns={4}
          items={[
            { label: "Endpoint", value: <Link href={paths.endpoint(app, sample.endpointId)}>{sample.endpointId}</Link> },
            { label: "Channel", value: channelTitle(sample.channel) },
            { label: "Treatment", value: treatment?.name ?? (sample.treatmentId === "0" ? "Message" : (sample.treatmentId ?? NONE)) },
            { label: "Would be sent", value: instant(sample.at) },
          ]}
        />
        {sample.subject !== undefined && sample.subject !== "" && <Box fontWeight="bold">{sample.subject}</Box>}
        {sample.html !== undefined && sample.html !== "" ? (
          <PreviewFrame title="Sample message" html={sample.html} />
        ) : (
          <div className="raw">{sample.text ?? ""}</div>
        )}
      </SpaceBetween>
    </Container>
  );
}
