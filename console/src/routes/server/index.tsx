/** The server: version, how mail leaves it, and whether the analytics keep up. */
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useQuery } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { ServerStatus } from "../../api/beckon";
import { Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { bytes, count } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useSession } from "../../shell/session";

/** Events that may wait before the screen calls the analytics late. */
const BEHIND_MAX = 10_000;

export default function Server() {
  const session = useSession();
  const status = useQuery({
    queryKey: ["status"],
    queryFn: ({ signal }) => beckon<ServerStatus>("/status", { signal }),
    refetchInterval: 5000,
  });
  useBreadcrumbs({ text: "Server", href: paths.server });
  const { data } = status;
  return (
    <Page title="Server">
      {status.isError && <LoadError error={status.error} retry={() => void status.refetch()} />}
      <Container>
        {data === undefined ? (
          <Loading />
        ) : (
          <KeyValuePairs
            columns={3}
            items={[
              { label: "Version", value: data.version },
              { label: "Started", value: instant(data.started) },
              { label: "Public address", value: session.publicUrl },
              { label: "Account", value: session.accountId },
              { label: "Regions", value: session.regions.join(", ") },
              { label: "Mail leaves by", value: data.emailTransport },
              { label: "Endpoints", value: count(data.endpoints) },
              {
                label: "Events waiting for the charts",
                value: (
                  <StatusIndicator type={data.events.behind > BEHIND_MAX ? "warning" : "success"}>
                    {count(data.events.behind)}
                  </StatusIndicator>
                ),
              },
              { label: "Data on disk", value: bytes(data.disk.bytes) },
            ]}
          />
        )}
      </Container>
    </Page>
  );
}
